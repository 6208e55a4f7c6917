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
CREATE INDEX `events_type` ON `events` (`type`,`at`,`profile_id`);