CREATE TABLE "audit" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" bigint NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"detail" jsonb
);
--> statement-breakpoint
CREATE TABLE "chores" (
	"name" text PRIMARY KEY NOT NULL,
	"at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "confirmations" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "confirmations_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"profile_id" bigint NOT NULL,
	"topics" jsonb NOT NULL,
	"source" text NOT NULL,
	"proof" text,
	"state" text NOT NULL,
	"requested_at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"due_at" bigint NOT NULL,
	"attempts" bigint NOT NULL,
	"lease_until" bigint,
	"claimed_at" bigint,
	"finished_at" bigint,
	"response" text,
	"answer" text,
	"answered_at" bigint
);
--> statement-breakpoint
CREATE TABLE "external_ids" (
	"source" text NOT NULL,
	"value" text NOT NULL,
	"profile_id" bigint NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "external_ids_source_value_pk" PRIMARY KEY("source","value")
);
--> statement-breakpoint
CREATE TABLE "merged_profiles" (
	"id" bigint PRIMARY KEY NOT NULL,
	"survivor_id" bigint NOT NULL,
	"at" bigint NOT NULL,
	"settled_at" bigint
);
--> statement-breakpoint
DROP INDEX "events_key";--> statement-breakpoint
DROP INDEX "events_profile";--> statement-breakpoint
ALTER TABLE "arrivals" ADD COLUMN "send_id" bigint;--> statement-breakpoint
ALTER TABLE "consent_changes" ADD COLUMN "wording" text;--> statement-breakpoint
ALTER TABLE "consent_changes" ADD COLUMN "proof" text;--> statement-breakpoint
ALTER TABLE "consents" ADD COLUMN "wording" text;--> statement-breakpoint
ALTER TABLE "consents" ADD COLUMN "proof" text;--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "digest" bigint;--> statement-breakpoint
ALTER TABLE "profiles" ADD COLUMN "important_only" bigint;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "important" bigint;--> statement-breakpoint
CREATE INDEX "audit_subject" ON "audit" USING btree ("subject","id");--> statement-breakpoint
CREATE INDEX "audit_action" ON "audit" USING btree ("action","at");--> statement-breakpoint
CREATE INDEX "confirmations_due" ON "confirmations" USING btree ("state","due_at");--> statement-breakpoint
CREATE INDEX "confirmations_profile" ON "confirmations" USING btree ("profile_id","requested_at");--> statement-breakpoint
CREATE INDEX "confirmations_expiry" ON "confirmations" USING btree ("answer","expires_at");--> statement-breakpoint
CREATE INDEX "external_ids_profile" ON "external_ids" USING btree ("profile_id");--> statement-breakpoint
CREATE INDEX "merged_profiles_survivor" ON "merged_profiles" USING btree ("survivor_id");--> statement-breakpoint
CREATE INDEX "merged_profiles_settled" ON "merged_profiles" USING btree ("settled_at","at");--> statement-breakpoint
CREATE INDEX "arrivals_send" ON "arrivals" USING btree ("send_id");--> statement-breakpoint
CREATE INDEX "suppressions_reason" ON "suppressions" USING btree ("reason");--> statement-breakpoint
CREATE UNIQUE INDEX "events_key" ON "events" USING btree ("key") WHERE key IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "events_profile" ON "events" USING btree ("profile_id","type","at","digest");