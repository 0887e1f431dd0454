-- Every lease of $1, of every kind. The fence stays: what its holder still writes is as good as
-- before, until somebody else takes the lease.
WITH released_orders AS (
  UPDATE orders SET lease_owner = NULL, lease_until = NULL, next_attempt_at = clock_timestamp()
  WHERE lease_owner = $1 AND due_at IS NOT NULL
), released_revocations AS (
  UPDATE revocations SET lease_owner = NULL, lease_until = NULL, next_attempt_at = clock_timestamp()
  WHERE lease_owner = $1 AND due_at IS NOT NULL
), released_renewals AS (
  UPDATE renewals SET lease_owner = NULL, lease_until = NULL, next_attempt_at = clock_timestamp()
  WHERE lease_owner = $1 AND due_at IS NOT NULL
), released_abandoned AS (
  UPDATE abandoned_authorizations
  SET lease_owner = NULL, lease_until = NULL, next_attempt_at = clock_timestamp()
  WHERE lease_owner = $1 AND due_at IS NOT NULL
), released_challenges AS (
  UPDATE order_authorizations
  SET lease_owner = NULL, lease_until = NULL, next_attempt_at = clock_timestamp()
  WHERE lease_owner = $1 AND due_at IS NOT NULL
)
UPDATE accounts SET lease_owner = NULL, lease_until = NULL, next_attempt_at = clock_timestamp()
WHERE lease_owner = $1 AND due_at IS NOT NULL
