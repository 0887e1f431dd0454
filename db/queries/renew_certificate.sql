-- No row back: no such certificate of this agent. Whether an order is under way is asked for the
-- answer's sake; certificate_has_one_unfinished_order is what makes sure.
UPDATE certificates SET latest_order_id = $3
WHERE id = $1 AND agent = $2
RETURNING EXISTS (
  SELECT 1 FROM orders WHERE certificate_id = $1 AND end_time IS NULL
) AS order_in_progress
