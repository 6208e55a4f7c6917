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
	`at` integer NOT NULL,
	`settled_at` integer
);
--> statement-breakpoint
CREATE INDEX `merged_profiles_survivor` ON `merged_profiles` (`survivor_id`);--> statement-breakpoint
CREATE INDEX `merged_profiles_settled` ON `merged_profiles` (`settled_at`,`at`);--> statement-breakpoint
DROP INDEX `events_key`;--> statement-breakpoint
DROP INDEX `events_profile`;--> statement-breakpoint
ALTER TABLE `events` ADD `digest` integer;--> statement-breakpoint
CREATE UNIQUE INDEX `events_key` ON `events` (`key`) WHERE key IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `events_profile` ON `events` (`profile_id`,`type`,`at`,`digest`);--> statement-breakpoint
ALTER TABLE `arrivals` ADD `send_id` integer;--> statement-breakpoint
CREATE INDEX `arrivals_send` ON `arrivals` (`send_id`);--> statement-breakpoint
ALTER TABLE `consent_changes` ADD `wording` text;--> statement-breakpoint
ALTER TABLE `consent_changes` ADD `proof` text;--> statement-breakpoint
ALTER TABLE `consents` ADD `wording` text;--> statement-breakpoint
ALTER TABLE `consents` ADD `proof` text;--> statement-breakpoint
ALTER TABLE `profiles` ADD `important_only` integer;--> statement-breakpoint
ALTER TABLE `runs` ADD `important` integer;--> statement-breakpoint
CREATE INDEX `suppressions_reason` ON `suppressions` (`reason`);