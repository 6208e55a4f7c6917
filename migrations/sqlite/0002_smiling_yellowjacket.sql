PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`key` text,
	`profile_id` integer NOT NULL,
	`type` text NOT NULL,
	`at` integer NOT NULL,
	`properties` text NOT NULL,
	`received_at` integer NOT NULL
);
--> statement-breakpoint
INSERT INTO `__new_events`("id", "key", "profile_id", "type", "at", "properties", "received_at") SELECT "id", "key", "profile_id", "type", "at", "properties", "received_at" FROM `events`;--> statement-breakpoint
DROP TABLE `events`;--> statement-breakpoint
ALTER TABLE `__new_events` RENAME TO `events`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE UNIQUE INDEX `events_key` ON `events` (`key`);--> statement-breakpoint
CREATE INDEX `events_profile` ON `events` (`profile_id`,`type`,`at`);--> statement-breakpoint
CREATE INDEX `events_type` ON `events` (`type`,`at`,`profile_id`);--> statement-breakpoint
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
CREATE UNIQUE INDEX `profiles_email` ON `profiles` (`email`);