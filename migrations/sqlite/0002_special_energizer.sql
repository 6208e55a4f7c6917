CREATE TABLE `audit` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`subject` text NOT NULL,
	`detail` text
);
--> statement-breakpoint
CREATE INDEX `audit_subject` ON `audit` (`subject`,`id`);--> statement-breakpoint
CREATE INDEX `audit_action` ON `audit` (`action`,`at`);--> statement-breakpoint
CREATE TABLE `chores` (
	`name` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
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
CREATE TABLE `external_ids` (
	`source` text NOT NULL,
	`value` text NOT NULL,
	`profile_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`source`, `value`)
);
--> statement-breakpoint
CREATE INDEX `external_ids_profile` ON `external_ids` (`profile_id`);--> statement-breakpoint
CREATE TABLE `merged_profiles` (
	`id` integer PRIMARY KEY NOT NULL,
	`survivor_id` integer NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `merged_profiles_survivor` ON `merged_profiles` (`survivor_id`);--> statement-breakpoint
CREATE INDEX `merged_profiles_at` ON `merged_profiles` (`at`);--> statement-breakpoint
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_profiles` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`email` text,
	`attributes` text NOT NULL,
	`time_zone` text,
	`frequency_max` integer,
	`frequency_per` text,
	`quiet_from` integer,
	`quiet_to` integer,
	`paused_until` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
INSERT INTO `__new_profiles`("id", "email", "attributes", "time_zone", "frequency_max", "frequency_per", "quiet_from", "quiet_to", "paused_until", "created_at", "updated_at") SELECT "id", "email", "attributes", "time_zone", "frequency_max", "frequency_per", "quiet_from", "quiet_to", "paused_until", "created_at", "updated_at" FROM `profiles`;--> statement-breakpoint
DROP TABLE `profiles`;--> statement-breakpoint
ALTER TABLE `__new_profiles` RENAME TO `profiles`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE UNIQUE INDEX `profiles_email` ON `profiles` (`email`);--> statement-breakpoint
ALTER TABLE `arrivals` ADD `send_id` integer;--> statement-breakpoint
CREATE INDEX `arrivals_send` ON `arrivals` (`send_id`);--> statement-breakpoint
ALTER TABLE `consent_changes` ADD `wording` text;--> statement-breakpoint
ALTER TABLE `consent_changes` ADD `proof` text;--> statement-breakpoint
ALTER TABLE `consents` ADD `wording` text;--> statement-breakpoint
ALTER TABLE `consents` ADD `proof` text;--> statement-breakpoint
ALTER TABLE `runs` ADD `important` integer;--> statement-breakpoint
CREATE INDEX `suppressions_reason` ON `suppressions` (`reason`);