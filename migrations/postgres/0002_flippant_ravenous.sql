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
ALTER TABLE "profiles" ALTER COLUMN "email" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "arrivals" ADD COLUMN "send_id" bigint;--> statement-breakpoint
CREATE INDEX "audit_subject" ON "audit" USING btree ("subject","id");--> statement-breakpoint
CREATE INDEX "audit_action" ON "audit" USING btree ("action","at");--> statement-breakpoint
CREATE INDEX "external_ids_profile" ON "external_ids" USING btree ("profile_id");--> statement-breakpoint
CREATE INDEX "merged_profiles_survivor" ON "merged_profiles" USING btree ("survivor_id");--> statement-breakpoint
CREATE INDEX "merged_profiles_settled" ON "merged_profiles" USING btree ("settled_at","at");--> statement-breakpoint
CREATE INDEX "arrivals_send" ON "arrivals" USING btree ("send_id");--> statement-breakpoint
CREATE INDEX "suppressions_reason" ON "suppressions" USING btree ("reason");