ALTER TABLE "consent_changes" ADD COLUMN "stated_at" bigint;--> statement-breakpoint
CREATE INDEX "consent_changes_ahead" ON "consent_changes" USING btree ("profile_id") WHERE stated_at IS NOT NULL;