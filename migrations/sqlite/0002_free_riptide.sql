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
CREATE UNIQUE INDEX `profiles_email` ON `profiles` (`email`);