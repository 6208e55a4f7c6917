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
CREATE INDEX "external_ids_profile" ON "external_ids" USING btree ("profile_id");--> statement-breakpoint
CREATE INDEX "merged_profiles_survivor" ON "merged_profiles" USING btree ("survivor_id");--> statement-breakpoint
CREATE INDEX "merged_profiles_settled" ON "merged_profiles" USING btree ("settled_at","at");