-- Claims and references are enforced by zone.commit (src/zone/tables.ts), so that a store other than SQLite can do the
-- same; each of them has an index here, because a commit looks it up.

CREATE TABLE "address" (
  "key" TEXT PRIMARY KEY NOT NULL,
  "pool" TEXT NOT NULL,
  "address" TEXT NOT NULL,
  "type" TEXT NOT NULL,
  "guest" TEXT NOT NULL,
  "mac" TEXT NOT NULL,
  "created_at" INTEGER NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;

CREATE INDEX "address_by_mac_type" ON "address" ("mac", "type");

CREATE INDEX "address_by_pool" ON "address" ("pool");

CREATE INDEX "address_by_guest" ON "address" ("guest");

CREATE TABLE "address_pool" (
  "name" TEXT PRIMARY KEY NOT NULL,
  "gateway" TEXT NOT NULL,
  "dns" TEXT NOT NULL,
  "provider" TEXT NOT NULL,
  "network" TEXT NOT NULL,
  "bridge" TEXT NOT NULL,
  "created_at" INTEGER NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;

CREATE INDEX "address_pool_by_network" ON "address_pool" ("network");

CREATE INDEX "address_pool_by_bridge" ON "address_pool" ("bridge");

CREATE TABLE "address_range" (
  "key" TEXT PRIMARY KEY NOT NULL,
  "pool" TEXT NOT NULL,
  "type" TEXT NOT NULL,
  "start" TEXT NOT NULL,
  "end" TEXT NOT NULL,
  "netmask" TEXT NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;

CREATE INDEX "address_range_by_pool" ON "address_range" ("pool");

CREATE TABLE "cell" (
  "name" TEXT PRIMARY KEY NOT NULL,
  "pool" TEXT,
  "address" TEXT NOT NULL,
  "enabled" INTEGER NOT NULL,
  "bridge" TEXT,
  "created_at" INTEGER NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;

CREATE INDEX "cell_by_pool" ON "cell" ("pool");

CREATE TABLE "change" (
  "revision" INTEGER NOT NULL,
  "seq" INTEGER NOT NULL,
  "table_name" TEXT NOT NULL,
  "row_key" TEXT NOT NULL,
  "before_version" INTEGER,
  "after" TEXT,
  PRIMARY KEY ("revision", "seq")
) STRICT;

CREATE TABLE "compute_pool" (
  "name" TEXT PRIMARY KEY NOT NULL,
  "enabled" INTEGER NOT NULL,
  "network_mode" TEXT NOT NULL,
  "storage" TEXT,
  "network" TEXT,
  "failover" INTEGER NOT NULL,
  "created_at" INTEGER NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;

CREATE INDEX "compute_pool_by_storage" ON "compute_pool" ("storage");

CREATE INDEX "compute_pool_by_network" ON "compute_pool" ("network");

CREATE TABLE "guest" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "name" TEXT NOT NULL,
  "group_name" TEXT NOT NULL,
  "owner" TEXT NOT NULL,
  "pool" TEXT NOT NULL,
  "cell" TEXT NOT NULL,
  "epoch" INTEGER NOT NULL,
  "state" TEXT NOT NULL,
  "cores" INTEGER NOT NULL,
  "memory_bytes" INTEGER NOT NULL,
  "disks" TEXT NOT NULL,
  "system" TEXT NOT NULL,
  "system_version" TEXT NOT NULL,
  "firmware" TEXT NOT NULL,
  "machine" TEXT NOT NULL,
  "template" TEXT,
  "hardware" TEXT NOT NULL,
  "max_cores" INTEGER NOT NULL,
  "max_memory_bytes" INTEGER NOT NULL,
  "nvram" TEXT,
  "seed" TEXT,
  "auto_start" INTEGER NOT NULL,
  "start_priority" INTEGER NOT NULL,
  "start_delay_seconds" INTEGER NOT NULL,
  "mac" TEXT NOT NULL,
  "address_pool" TEXT,
  "address" TEXT,
  "external_address" TEXT,
  "modules" TEXT NOT NULL,
  "tags" TEXT NOT NULL,
  "cloud_init" TEXT,
  "admin_secret" TEXT,
  "admin_name" TEXT,
  "monitor_secret" TEXT NOT NULL,
  "qos" TEXT NOT NULL,
  "ports" TEXT NOT NULL,
  "security_policy_group" TEXT,
  "security_policy" TEXT NOT NULL,
  "media" TEXT,
  "snapshot" TEXT,
  "created_at" INTEGER NOT NULL,
  "modified_at" INTEGER NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;

-- Unique by its first two; the rest is what a search looks at, so that it need not read the rows.
CREATE INDEX "guest_by_group_name_name"
  ON "guest" ("group_name", "name", "id", "pool", "cell", "owner", "state", "address");

CREATE INDEX "guest_by_mac" ON "guest" ("mac");

CREATE INDEX "guest_by_owner" ON "guest" ("owner");

CREATE INDEX "guest_by_pool" ON "guest" ("pool");

CREATE INDEX "guest_by_cell" ON "guest" ("cell");

CREATE INDEX "guest_by_address_pool" ON "guest" ("address_pool");

CREATE INDEX "guest_by_media" ON "guest" ("media");

CREATE INDEX "guest_by_security_policy_group" ON "guest" ("security_policy_group");
CREATE INDEX "guest_by_template" ON "guest" ("template");

CREATE TABLE "image" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "kind" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "group_name" TEXT NOT NULL,
  "owner" TEXT NOT NULL,
  "description" TEXT NOT NULL,
  "tags" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "volume" TEXT,
  "format" TEXT,
  "size_bytes" INTEGER NOT NULL,
  "virtual_size_bytes" INTEGER NOT NULL,
  "sha256" TEXT,
  "created_at" INTEGER NOT NULL,
  "modified_at" INTEGER NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;

CREATE INDEX "image_by_kind_group_name_name" ON "image" ("kind", "group_name", "name");

CREATE INDEX "image_by_group_name" ON "image" ("group_name");

CREATE INDEX "image_by_owner" ON "image" ("owner");

CREATE INDEX "image_by_volume" ON "image" ("volume");

CREATE TABLE "log_entry" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "time" INTEGER NOT NULL,
  "content" TEXT NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;

CREATE TABLE "lun_claim" (
  "key" TEXT PRIMARY KEY NOT NULL,
  "pool" TEXT NOT NULL,
  "lun" INTEGER NOT NULL,
  "name" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "identity" TEXT NOT NULL,
  "wanted_bytes" INTEGER NOT NULL,
  "changed_at" INTEGER NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;

CREATE INDEX "lun_claim_by_pool_name_state" ON "lun_claim" ("pool", "name", "state");

CREATE TABLE "membership" (
  "key" TEXT PRIMARY KEY NOT NULL,
  "group_name" TEXT NOT NULL,
  "user_name" TEXT NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;

CREATE INDEX "membership_by_group_name" ON "membership" ("group_name");

CREATE INDEX "membership_by_user_name" ON "membership" ("user_name");

CREATE TABLE "outbox" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "task_id" TEXT,
  "url" TEXT NOT NULL,
  "method" TEXT NOT NULL,
  "body" TEXT NOT NULL,
  "headers" TEXT NOT NULL,
  "attempts" INTEGER NOT NULL,
  "next_at" INTEGER NOT NULL,
  "state" TEXT NOT NULL,
  "last_error" TEXT,
  "created_at" INTEGER NOT NULL
) STRICT;

CREATE TABLE "revision" (
  "revision" INTEGER PRIMARY KEY NOT NULL,
  "time" INTEGER NOT NULL,
  "who" TEXT NOT NULL,
  "request_id" TEXT NOT NULL,
  "action" TEXT NOT NULL,
  "previous_hash" TEXT NOT NULL,
  "hash" TEXT NOT NULL
) STRICT;

CREATE TABLE "role" (
  "name" TEXT PRIMARY KEY NOT NULL,
  "menu" TEXT NOT NULL,
  "permissions" TEXT NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;

CREATE TABLE "security_policy_group" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "name" TEXT NOT NULL,
  "description" TEXT NOT NULL,
  "owner" TEXT NOT NULL,
  "group_name" TEXT NOT NULL,
  "enabled" INTEGER NOT NULL,
  "global" INTEGER NOT NULL,
  "default_action" TEXT NOT NULL,
  "rules" TEXT NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;

CREATE INDEX "security_policy_group_by_group_name_name" ON "security_policy_group" ("group_name", "name");

CREATE INDEX "security_policy_group_by_owner" ON "security_policy_group" ("owner");

CREATE TABLE "session" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "secret_hash" TEXT NOT NULL,
  "user_name" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "address" TEXT NOT NULL,
  "created_at" INTEGER NOT NULL,
  "expires_at" INTEGER NOT NULL
) STRICT;

CREATE TABLE "setting" (
  "name" TEXT PRIMARY KEY NOT NULL,
  "value" TEXT NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;

CREATE TABLE "snapshot" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "guest" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "description" TEXT NOT NULL,
  "parent" TEXT,
  "running" INTEGER NOT NULL,
  "consistency" TEXT NOT NULL,
  "layers" TEXT NOT NULL,
  "definition" TEXT NOT NULL,
  "nvram" TEXT,
  "memory" TEXT,
  "created_at" INTEGER NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;

CREATE INDEX "snapshot_by_guest_name" ON "snapshot" ("guest", "name");

CREATE TABLE "storage_pool" (
  "name" TEXT PRIMARY KEY NOT NULL,
  "type" TEXT NOT NULL,
  "host" TEXT NOT NULL,
  "target" TEXT NOT NULL,
  "options" TEXT NOT NULL,
  "secret" TEXT,
  "created_at" INTEGER NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;

CREATE TABLE "task" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "kind" TEXT NOT NULL,
  "subject" TEXT NOT NULL,
  "title" TEXT NOT NULL,
  "params" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "locks" TEXT NOT NULL,
  "step" TEXT,
  "progress" INTEGER NOT NULL,
  "result" TEXT,
  "error" TEXT,
  "cancel_requested" INTEGER NOT NULL,
  "who" TEXT NOT NULL,
  "request_id" TEXT NOT NULL,
  "queued_until" INTEGER,
  "callback" TEXT,
  "created_at" INTEGER NOT NULL,
  "started_at" INTEGER,
  "finished_at" INTEGER
) STRICT;

CREATE TABLE "task_event" (
  "task_id" TEXT NOT NULL,
  "seq" INTEGER NOT NULL,
  "step" TEXT NOT NULL,
  "event" TEXT NOT NULL,
  "data" TEXT,
  "time" INTEGER NOT NULL,
  PRIMARY KEY ("task_id", "seq")
) STRICT;

CREATE TABLE "task_lock" (
  "subject" TEXT NOT NULL,
  "task_id" TEXT NOT NULL,
  "mode" TEXT NOT NULL,
  "since" INTEGER NOT NULL,
  PRIMARY KEY ("subject", "task_id")
) STRICT;

CREATE TABLE "task_process" (
  "task_id" TEXT NOT NULL,
  "pid" INTEGER NOT NULL,
  "start_time" TEXT NOT NULL,
  PRIMARY KEY ("task_id", "pid")
) STRICT;

CREATE TABLE "template" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "name" TEXT NOT NULL,
  "admin" TEXT NOT NULL,
  "system" TEXT NOT NULL,
  "system_versions" TEXT NOT NULL,
  "firmware" TEXT NOT NULL,
  "hardware" TEXT NOT NULL,
  "created_at" INTEGER NOT NULL,
  "modified_at" INTEGER NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;

CREATE INDEX "template_by_name" ON "template" ("name");

CREATE TABLE "token" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "user_name" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "secret_hash" TEXT NOT NULL,
  "permissions" TEXT,
  "expires_at" INTEGER,
  "created_at" INTEGER NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;

CREATE INDEX "token_by_secret_hash" ON "token" ("secret_hash");

CREATE INDEX "token_by_user_name" ON "token" ("user_name");

CREATE TABLE "upload" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "image" TEXT NOT NULL,
  "pool" TEXT NOT NULL,
  "volume" TEXT NOT NULL,
  "total_bytes" INTEGER,
  "sha256" TEXT,
  "who" TEXT NOT NULL,
  "created_at" INTEGER NOT NULL,
  "touched_at" INTEGER NOT NULL
) STRICT;

CREATE TABLE "user" (
  "name" TEXT PRIMARY KEY NOT NULL,
  "id" TEXT NOT NULL,
  "nick" TEXT NOT NULL,
  "mail" TEXT NOT NULL,
  "password_hash" TEXT NOT NULL,
  "created_at" INTEGER NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;

CREATE INDEX "user_by_id" ON "user" ("id");

CREATE TABLE "user_group" (
  "name" TEXT PRIMARY KEY NOT NULL,
  "display" TEXT NOT NULL,
  "roles" TEXT NOT NULL,
  "quota" TEXT,
  "sharing" TEXT,
  "version" INTEGER NOT NULL
) STRICT;

CREATE TABLE "volume" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "pool" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "state" TEXT NOT NULL,
  "owner_kind" TEXT NOT NULL,
  "owner" TEXT NOT NULL,
  "format" TEXT NOT NULL,
  "size_bytes" INTEGER NOT NULL,
  "parent" TEXT,
  "hidden" INTEGER NOT NULL,
  "quarantined_at" INTEGER,
  "created_at" INTEGER NOT NULL,
  "version" INTEGER NOT NULL
) STRICT;

CREATE INDEX "volume_by_pool_name" ON "volume" ("pool", "name");

CREATE INDEX "volume_by_parent" ON "volume" ("parent");

CREATE INDEX "volume_by_owner" ON "volume" ("owner");
CREATE INDEX "log_entry_by_time" ON "log_entry" ("time");
CREATE INDEX "revision_by_time" ON "revision" ("time");
CREATE INDEX "change_by_row" ON "change" ("table_name", "row_key", "revision");
CREATE UNIQUE INDEX "session_by_secret_hash" ON "session" ("secret_hash");
CREATE INDEX "session_by_user_name" ON "session" ("user_name");
CREATE INDEX "task_by_state" ON "task" ("state");
CREATE INDEX "task_by_subject" ON "task" ("subject");
CREATE INDEX "task_by_created_at" ON "task" ("created_at");
CREATE INDEX "task_lock_by_task_id" ON "task_lock" ("task_id");
CREATE INDEX "outbox_by_state_next_at" ON "outbox" ("state", "next_at");
