CREATE TABLE `confirmations` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`profile_id` integer NOT NULL,
	`topics` text NOT NULL,
	`source` text NOT NULL,
	`proof` text,
	`state` text NOT NULL,
	`requested_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`due_at` integer NOT NULL,
	`attempts` integer NOT NULL,
	`lease_until` integer,
	`claimed_at` integer,
	`finished_at` integer,
	`response` text,
	`answer` text,
	`answered_at` integer
);
--> statement-breakpoint
CREATE INDEX `confirmations_due` ON `confirmations` (`state`,`due_at`);--> statement-breakpoint
CREATE INDEX `confirmations_profile` ON `confirmations` (`profile_id`,`requested_at`);--> statement-breakpoint
CREATE INDEX `confirmations_expiry` ON `confirmations` (`answer`,`expires_at`);--> statement-breakpoint
ALTER TABLE `consent_changes` ADD `wording` text;--> statement-breakpoint
ALTER TABLE `consent_changes` ADD `proof` text;--> statement-breakpoint
ALTER TABLE `consents` ADD `wording` text;--> statement-breakpoint
ALTER TABLE `consents` ADD `proof` text;--> statement-breakpoint
ALTER TABLE `profiles` ADD `important_only` integer;--> statement-breakpoint
ALTER TABLE `runs` ADD `important` integer;