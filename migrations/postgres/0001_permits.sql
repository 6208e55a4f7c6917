CREATE TABLE "rates" (
	"key" text PRIMARY KEY NOT NULL,
	"tat" double precision NOT NULL,
	"used" bigint NOT NULL,
	"pace" double precision,
	"paused_until" bigint NOT NULL,
	"strikes" bigint NOT NULL,
	"paced_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE INDEX "rates_paced" ON "rates" USING btree ("paced_at");