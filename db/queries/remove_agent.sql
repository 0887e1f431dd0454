-- $1: id, locked before. A number that no identity has, above all that were issued to it: of those
-- none counts, whichever the agent used last.
UPDATE agents SET
  removed = true, state = 'ACTIVE', ban_reason = '', identity_expire_time = NULL, join_time = NULL,
  used_identity = greatest(nextval('identity_numbers'), used_identity + 1)
WHERE id = $1
