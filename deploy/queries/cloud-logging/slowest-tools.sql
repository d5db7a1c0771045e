-- The slowest tools by their 95th percentile, in milliseconds. For Log Analytics; replace the view by your own.
SELECT
  JSON_VALUE(json_payload.service) AS server,
  JSON_VALUE(json_payload.operation) AS tool,
  COUNT(*) AS calls,
  COUNTIF(JSON_VALUE(json_payload.outcome) != 'ok') AS failures,
  APPROX_QUANTILES(CAST(JSON_VALUE(json_payload.duration_ms) AS FLOAT64), 100)[OFFSET(95)] AS p95
FROM `project.location._Default._AllLogs`
WHERE JSON_VALUE(json_payload.event) = 'call'
GROUP BY server, tool
ORDER BY p95 DESC
LIMIT 20
