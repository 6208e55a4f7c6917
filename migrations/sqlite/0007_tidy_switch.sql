CREATE TABLE `segment_members` (
	`segment` text NOT NULL,
	`profile_id` integer NOT NULL,
	PRIMARY KEY(`segment`, `profile_id`)
);
--> statement-breakpoint
CREATE TABLE `trait_marks` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`profile_id` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `trait_state` (
	`name` text PRIMARY KEY NOT NULL,
	`definition` text NOT NULL,
	`built_to` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `traits` (
	`profile_id` integer PRIMARY KEY NOT NULL,
	`orders` integer NOT NULL,
	`order_total` integer NOT NULL,
	`first_order_at` integer,
	`last_order_at` integer,
	`first_line_at` integer,
	`last_line_at` integer,
	`latest_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `traits_latest` ON `traits` (`latest_at`);--> statement-breakpoint
ALTER TABLE `segments` ADD `follow` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `segments` ADD `followed_rule` text;--> statement-breakpoint
ALTER TABLE `segments` ADD `followed_at` integer;--> statement-breakpoint
ALTER TABLE `segments` ADD `follow_lease` text;--> statement-breakpoint
ALTER TABLE `segments` ADD `follow_until` integer;