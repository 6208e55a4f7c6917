CREATE TABLE `arrivals` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`at` integer NOT NULL,
	`facts` text NOT NULL,
	`raw` blob,
	`note` text
);
--> statement-breakpoint
CREATE INDEX `arrivals_state` ON `arrivals` (`state`,`id`);--> statement-breakpoint
CREATE TABLE `consent_changes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`profile_id` integer NOT NULL,
	`topic` text NOT NULL,
	`state` text NOT NULL,
	`at` integer NOT NULL,
	`source` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `consent_changes_profile` ON `consent_changes` (`profile_id`,`at`);--> statement-breakpoint
CREATE TABLE `consents` (
	`profile_id` integer NOT NULL,
	`topic` text NOT NULL,
	`state` text NOT NULL,
	`at` integer NOT NULL,
	`source` text NOT NULL,
	PRIMARY KEY(`profile_id`, `topic`)
);
--> statement-breakpoint
CREATE TABLE `events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`key` text NOT NULL,
	`profile_id` integer NOT NULL,
	`type` text NOT NULL,
	`at` integer NOT NULL,
	`properties` text NOT NULL,
	`received_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `events_key` ON `events` (`key`);--> statement-breakpoint
CREATE INDEX `events_profile` ON `events` (`profile_id`,`type`,`at`);--> statement-breakpoint
CREATE INDEX `events_type` ON `events` (`type`,`at`,`profile_id`);--> statement-breakpoint
CREATE TABLE `letter_sources` (
	`hash` text PRIMARY KEY NOT NULL,
	`source` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `notices` (
	`key` text PRIMARY KEY NOT NULL,
	`text` text NOT NULL,
	`since` integer NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `profiles` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`email` text NOT NULL,
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
CREATE UNIQUE INDEX `profiles_email` ON `profiles` (`email`);--> statement-breakpoint
CREATE TABLE `runs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`campaign` text NOT NULL,
	`topic` text NOT NULL,
	`state` text NOT NULL,
	`reason` text,
	`plan` text NOT NULL,
	`created_at` integer NOT NULL,
	`valid_until` integer NOT NULL,
	`finished_at` integer,
	`planned_to` integer NOT NULL,
	`plan_token` text,
	`plan_until` integer
);
--> statement-breakpoint
CREATE INDEX `runs_campaign` ON `runs` (`campaign`,`id`);--> statement-breakpoint
CREATE INDEX `runs_state` ON `runs` (`state`);--> statement-breakpoint
CREATE TABLE `segments` (
	`name` text PRIMARY KEY NOT NULL,
	`about` text,
	`rule` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sends` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`run_id` integer NOT NULL,
	`profile_id` integer NOT NULL,
	`state` text NOT NULL,
	`reason` text,
	`detail` text,
	`variant` text,
	`source_hash` text,
	`value` real NOT NULL,
	`due_at` integer NOT NULL,
	`planned_at` integer NOT NULL,
	`lease_token` text,
	`lease_until` integer,
	`attempts` integer NOT NULL,
	`decision` text,
	`claimed_at` integer,
	`finished_at` integer,
	`response_code` integer,
	`response` text,
	`opened_at` integer,
	`clicked_at` integer,
	`replied_at` integer,
	`unsubscribed_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sends_run_profile` ON `sends` (`run_id`,`profile_id`);--> statement-breakpoint
CREATE INDEX `sends_due` ON `sends` (`run_id`,`state`,`due_at`);--> statement-breakpoint
CREATE INDEX `sends_profile` ON `sends` (`profile_id`,`claimed_at`);--> statement-breakpoint
CREATE TABLE `suppressions` (
	`address` text PRIMARY KEY NOT NULL,
	`reason` text NOT NULL,
	`source` text NOT NULL,
	`at` integer NOT NULL
);
