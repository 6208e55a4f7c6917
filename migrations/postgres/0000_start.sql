CREATE TABLE "arrivals" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "arrivals_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"state" text NOT NULL,
	"at" bigint NOT NULL,
	"facts" jsonb NOT NULL,
	"raw" "bytea",
	"note" text
);
--> statement-breakpoint
CREATE TABLE "consent_changes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "consent_changes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"profile_id" bigint NOT NULL,
	"topic" text NOT NULL,
	"state" text NOT NULL,
	"at" bigint NOT NULL,
	"source" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "consents" (
	"profile_id" bigint NOT NULL,
	"topic" text NOT NULL,
	"state" text NOT NULL,
	"at" bigint NOT NULL,
	"source" text NOT NULL,
	CONSTRAINT "consents_profile_id_topic_pk" PRIMARY KEY("profile_id","topic")
);
--> statement-breakpoint
CREATE TABLE "events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"key" text NOT NULL,
	"profile_id" bigint NOT NULL,
	"type" text NOT NULL,
	"at" bigint NOT NULL,
	"properties" jsonb NOT NULL,
	"received_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "letter_sources" (
	"hash" text PRIMARY KEY NOT NULL,
	"source" jsonb NOT NULL,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "notices" (
	"key" text PRIMARY KEY NOT NULL,
	"text" text NOT NULL,
	"since" bigint NOT NULL,
	"at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "profiles" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "profiles_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"email" text NOT NULL,
	"attributes" jsonb NOT NULL,
	"time_zone" text,
	"frequency_max" bigint,
	"frequency_per" text,
	"quiet_from" bigint,
	"quiet_to" bigint,
	"paused_until" bigint,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "runs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"campaign" text NOT NULL,
	"topic" text NOT NULL,
	"state" text NOT NULL,
	"reason" text,
	"plan" jsonb NOT NULL,
	"created_at" bigint NOT NULL,
	"valid_until" bigint NOT NULL,
	"finished_at" bigint,
	"planned_to" bigint NOT NULL,
	"plan_token" text,
	"plan_until" bigint
);
--> statement-breakpoint
CREATE TABLE "segments" (
	"name" text PRIMARY KEY NOT NULL,
	"about" text,
	"rule" jsonb NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sends" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "sends_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"run_id" bigint NOT NULL,
	"profile_id" bigint NOT NULL,
	"state" text NOT NULL,
	"reason" text,
	"detail" text,
	"variant" text,
	"source_hash" text,
	"value" double precision NOT NULL,
	"due_at" bigint NOT NULL,
	"planned_at" bigint NOT NULL,
	"lease_token" text,
	"lease_until" bigint,
	"attempts" bigint NOT NULL,
	"decision" text,
	"claimed_at" bigint,
	"finished_at" bigint,
	"response_code" bigint,
	"response" text,
	"opened_at" bigint,
	"clicked_at" bigint,
	"replied_at" bigint,
	"unsubscribed_at" bigint
);
--> statement-breakpoint
CREATE TABLE "suppressions" (
	"address" text PRIMARY KEY NOT NULL,
	"reason" text NOT NULL,
	"source" text NOT NULL,
	"at" bigint NOT NULL
);
--> statement-breakpoint
CREATE INDEX "arrivals_state" ON "arrivals" USING btree ("state","id");--> statement-breakpoint
CREATE INDEX "consent_changes_profile" ON "consent_changes" USING btree ("profile_id","at");--> statement-breakpoint
CREATE UNIQUE INDEX "events_key" ON "events" USING btree ("key");--> statement-breakpoint
CREATE INDEX "events_profile" ON "events" USING btree ("profile_id","type","at");--> statement-breakpoint
CREATE INDEX "events_type" ON "events" USING btree ("type","at","profile_id");--> statement-breakpoint
CREATE UNIQUE INDEX "profiles_email" ON "profiles" USING btree ("email");--> statement-breakpoint
CREATE INDEX "runs_campaign" ON "runs" USING btree ("campaign","id");--> statement-breakpoint
CREATE INDEX "runs_state" ON "runs" USING btree ("state");--> statement-breakpoint
CREATE UNIQUE INDEX "sends_run_profile" ON "sends" USING btree ("run_id","profile_id");--> statement-breakpoint
CREATE INDEX "sends_due" ON "sends" USING btree ("run_id","state","due_at");--> statement-breakpoint
CREATE INDEX "sends_profile" ON "sends" USING btree ("profile_id","claimed_at");