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
ALTER TABLE "consent_changes" ADD COLUMN "wording" text;--> statement-breakpoint
ALTER TABLE "consent_changes" ADD COLUMN "proof" text;--> statement-breakpoint
ALTER TABLE "consents" ADD COLUMN "wording" text;--> statement-breakpoint
ALTER TABLE "consents" ADD COLUMN "proof" text;--> statement-breakpoint
ALTER TABLE "profiles" ADD COLUMN "important_only" bigint;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "important" bigint;--> statement-breakpoint
CREATE INDEX "confirmations_due" ON "confirmations" USING btree ("state","due_at");--> statement-breakpoint
CREATE INDEX "confirmations_profile" ON "confirmations" USING btree ("profile_id","requested_at");--> statement-breakpoint
CREATE INDEX "confirmations_expiry" ON "confirmations" USING btree ("answer","expires_at");