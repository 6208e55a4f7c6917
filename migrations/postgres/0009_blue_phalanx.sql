DROP INDEX "events_key";--> statement-breakpoint
DROP INDEX "events_profile";--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "digest" bigint;--> statement-breakpoint
CREATE UNIQUE INDEX "events_key" ON "events" USING btree ("key") WHERE key IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "events_profile" ON "events" USING btree ("profile_id","type","at","digest");