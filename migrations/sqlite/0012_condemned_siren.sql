ALTER TABLE `consent_changes` ADD `stated_at` integer;--> statement-breakpoint
CREATE INDEX `consent_changes_ahead` ON `consent_changes` (`profile_id`) WHERE stated_at IS NOT NULL;