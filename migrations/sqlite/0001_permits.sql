CREATE TABLE `rates` (
	`key` text PRIMARY KEY NOT NULL,
	`tat` real NOT NULL,
	`used` integer NOT NULL,
	`pace` real,
	`paused_until` integer NOT NULL,
	`strikes` integer NOT NULL,
	`paced_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `rates_paced` ON `rates` (`paced_at`);