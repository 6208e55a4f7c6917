CREATE TABLE "segment_members" (
	"segment" text NOT NULL,
	"profile_id" bigint NOT NULL,
	CONSTRAINT "segment_members_segment_profile_id_pk" PRIMARY KEY("segment","profile_id")
);
--> statement-breakpoint
CREATE TABLE "trait_marks" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "trait_marks_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"profile_id" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "trait_state" (
	"name" text PRIMARY KEY NOT NULL,
	"definition" text NOT NULL,
	"built_to" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "traits" (
	"profile_id" bigint PRIMARY KEY NOT NULL,
	"orders" bigint NOT NULL,
	"order_total" bigint NOT NULL,
	"first_order_at" bigint,
	"last_order_at" bigint,
	"first_line_at" bigint,
	"last_line_at" bigint,
	"latest_at" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "segments" ADD COLUMN "follow" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "segments" ADD COLUMN "followed_rule" text;--> statement-breakpoint
ALTER TABLE "segments" ADD COLUMN "followed_at" bigint;--> statement-breakpoint
ALTER TABLE "segments" ADD COLUMN "follow_lease" text;--> statement-breakpoint
ALTER TABLE "segments" ADD COLUMN "follow_until" bigint;--> statement-breakpoint
CREATE INDEX "traits_latest" ON "traits" USING btree ("latest_at");