DROP INDEX `events_key`;--> statement-breakpoint
DROP INDEX `events_profile`;--> statement-breakpoint
ALTER TABLE `events` ADD `digest` integer;--> statement-breakpoint
CREATE UNIQUE INDEX `events_key` ON `events` (`key`) WHERE key IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `events_profile` ON `events` (`profile_id`,`type`,`at`,`digest`);