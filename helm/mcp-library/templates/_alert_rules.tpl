{{/* Written by `make reference` from shared/prometheus. */}}
{{- define "mcp-library.alertRules" -}}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {{ include "mcp-library.fullname" . }}
  labels:
    {{- include "mcp-library.labels" . | nindent 4 }}
    {{- with .Values.metrics.rules.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  groups:
    - name: mcp-objectives
      rules:
      - record: job:mcp_calls_failed:ratio_rate5m
        expr: |
          sum by (job) (rate(mcp_server_operation_duration_seconds_count{job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get",
            error_type=~"crash|unavailable|deadline"}[5m]))
          / sum by (job) (rate(mcp_server_operation_duration_seconds_count{job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get"}[5m]))
      - record: job:mcp_calls_failed:ratio_rate30m
        expr: |
          sum by (job) (rate(mcp_server_operation_duration_seconds_count{job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get",
            error_type=~"crash|unavailable|deadline"}[30m]))
          / sum by (job) (rate(mcp_server_operation_duration_seconds_count{job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get"}[30m]))
      - record: job:mcp_calls_failed:ratio_rate1h
        expr: |
          sum by (job) (rate(mcp_server_operation_duration_seconds_count{job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get",
            error_type=~"crash|unavailable|deadline"}[1h]))
          / sum by (job) (rate(mcp_server_operation_duration_seconds_count{job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get"}[1h]))
      - record: job:mcp_calls_failed:ratio_rate6h
        expr: |
          sum by (job) (rate(mcp_server_operation_duration_seconds_count{job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get",
            error_type=~"crash|unavailable|deadline"}[6h]))
          / sum by (job) (rate(mcp_server_operation_duration_seconds_count{job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get"}[6h]))
      - record: job:mcp_calls_failed:ratio_rate3d
        expr: |
          sum by (job) (rate(mcp_server_operation_duration_seconds_count{job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get",
            error_type=~"crash|unavailable|deadline"}[3d]))
          / sum by (job) (rate(mcp_server_operation_duration_seconds_count{job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get"}[3d]))
      - record: job:mcp_calls:increase1h
        expr: |
          sum by (job) (increase(mcp_server_operation_duration_seconds_count{job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get"}[1h]))
      - record: job:mcp_calls_slow:ratio_rate30m
        expr: |
          1 - sum by (job) (rate(mcp_server_operation_duration_seconds_bucket{job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get",
            le=~"1|1\\.0"}[30m]))
          / (sum by (job) (rate(mcp_server_operation_duration_seconds_count{job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get"}[30m])) > 0)
      - record: job:mcp_credentials_refused:rate5m
        expr: sum by (job) (rate(mcp_server_credentials_refused_total{job="{{ include "mcp-library.fullname" . }}", reason!~"absent|issuer_unreachable"}[5m]))
    - name: mcp-objective-alerts
      rules:
      - alert: ErrorBudgetBurnsFast
        expr: |
          (job:mcp_calls_failed:ratio_rate1h{job="{{ include "mcp-library.fullname" . }}"} > 14.4 * 0.001 and job:mcp_calls_failed:ratio_rate5m{job="{{ include "mcp-library.fullname" . }}"} > 14.4 * 0.001)
          and on (job) job:mcp_calls:increase1h{job="{{ include "mcp-library.fullname" . }}"} > 20
        for: 2m
        labels:
          severity: page
        annotations:
          summary: '{{ "{{" }} $labels.job {{ "}}" }}: at this rate the error budget of the month lasts two days'
          description: '{{ "{{" }} $value | humanizePercentage {{ "}}" }} of the calls of the last hour ended with a crash, a timeout or an unavailable dependency.'
          runbook: docs/runbook.md#errorbudgetburnsfast
      - alert: ErrorBudgetBurns
        expr: |
          (job:mcp_calls_failed:ratio_rate6h{job="{{ include "mcp-library.fullname" . }}"} > 6 * 0.001 and job:mcp_calls_failed:ratio_rate30m{job="{{ include "mcp-library.fullname" . }}"} > 6 * 0.001)
          or (job:mcp_calls_failed:ratio_rate3d{job="{{ include "mcp-library.fullname" . }}"} > 0.001 and job:mcp_calls_failed:ratio_rate6h{job="{{ include "mcp-library.fullname" . }}"} > 0.001)
        for: 15m
        labels:
          severity: ticket
        annotations:
          summary: '{{ "{{" }} $labels.job {{ "}}" }}: more calls fail than the objective allows'
          description: '{{ "{{" }} $value | humanizePercentage {{ "}}" }} of the calls ended with a crash, a timeout or an unavailable dependency.'
          runbook: docs/runbook.md#errorbudgetburns
      - alert: CallsSlow
        expr: job:mcp_calls_slow:ratio_rate30m{job="{{ include "mcp-library.fullname" . }}"} > 0.05 and on (job) job:mcp_calls:increase1h{job="{{ include "mcp-library.fullname" . }}"} > 20
        for: 15m
        labels:
          severity: ticket
        annotations:
          summary: '{{ "{{" }} $labels.job {{ "}}" }}: too many calls take longer than a second'
          description: '{{ "{{" }} $value | humanizePercentage {{ "}}" }} of the calls of the last half hour took longer than 1 s; the objective allows 5 %.'
          runbook: docs/runbook.md#callsslow
    - name: mcp-alerts
      rules:
      - alert: ToolCrashes
        expr: |
          sum by (job, mcp_method_name, gen_ai_tool_name) (increase(mcp_server_operation_duration_seconds_count{job="{{ include "mcp-library.fullname" . }}", error_type="crash"}[10m])) > 0
          or sum by (job, mcp_method_name, gen_ai_tool_name) (
            mcp_server_operation_duration_seconds_count{job="{{ include "mcp-library.fullname" . }}", error_type="crash"}
            unless mcp_server_operation_duration_seconds_count{job="{{ include "mcp-library.fullname" . }}", error_type="crash"} offset 10m
          ) > 0
        labels:
          severity: ticket
        annotations:
          summary: '{{ "{{" }} $labels.job {{ "}}" }}: {{ "{{" }} $labels.gen_ai_tool_name {{ "}}" }}{{ "{{" }} if not $labels.gen_ai_tool_name {{ "}}" }}{{ "{{" }} $labels.mcp_method_name {{ "}}" }}{{ "{{" }} end {{ "}}" }} crashed'
          description: A bug, or an unexpected reply from outside. The caller received only a correlation id.
          runbook: docs/runbook.md#toolcrashes
      - alert: CallsShed
        expr: sum by (job) (rate(mcp_server_calls_shed_total{job="{{ include "mcp-library.fullname" . }}"}[5m])) > 0
        for: 5m
        labels:
          severity: page
        annotations:
          summary: '{{ "{{" }} $labels.job {{ "}}" }} refuses calls because too many are waiting'
          description: '{{ "{{" }} $value | humanize {{ "}}" }} calls a second get status 503.'
          runbook: docs/runbook.md#callsshed
      - alert: CredentialsRefused
        expr: |
          job:mcp_credentials_refused:rate5m{job="{{ include "mcp-library.fullname" . }}"} > 1
          and job:mcp_credentials_refused:rate5m{job="{{ include "mcp-library.fullname" . }}"} > 5 * avg_over_time(job:mcp_credentials_refused:rate5m{job="{{ include "mcp-library.fullname" . }}"}[1d])
        for: 10m
        labels:
          severity: ticket
        annotations:
          summary: '{{ "{{" }} $labels.job {{ "}}" }} refuses far more credentials than usual'
          description: '{{ "{{" }} $value | humanize {{ "}}" }} requests a second carry an invalid credential.'
          runbook: docs/runbook.md#credentialsrefused
      - alert: IssuerUnreachable
        expr: sum by (job) (rate(mcp_server_credentials_refused_total{job="{{ include "mcp-library.fullname" . }}", reason="issuer_unreachable"}[5m])) > 0
        for: 2m
        labels:
          severity: page
        annotations:
          summary: '{{ "{{" }} $labels.job {{ "}}" }} cannot fetch signing keys, so it can validate no access token'
          description: '{{ "{{" }} $value | humanize {{ "}}" }} requests a second get status 503.'
          runbook: docs/runbook.md#issuerunreachable
      - alert: CallersLimited
        expr: sum by (job, limit) (rate(mcp_server_rate_limit_refused_total{job="{{ include "mcp-library.fullname" . }}"}[10m])) > 1
        for: 15m
        labels:
          severity: ticket
        annotations:
          summary: '{{ "{{" }} $labels.job {{ "}}" }}: calls exceed the limit "{{ "{{" }} $labels.limit {{ "}}" }}" all the time'
          description: '{{ "{{" }} $value | humanize {{ "}}" }} calls a second are over this limit.'
          runbook: docs/runbook.md#callerslimited
      - alert: RateLimitLocalFallback
        expr: sum by (job) (rate(mcp_server_rate_limit_local_fallbacks_total{job="{{ include "mcp-library.fullname" . }}"}[5m])) > 0
        for: 5m
        labels:
          severity: ticket
        annotations:
          summary: '{{ "{{" }} $labels.job {{ "}}" }} counts limits locally, as the shared store is unavailable'
          description: Each replica grants every caller the full limit, and writes follow STORE_OUTAGE.
          runbook: docs/runbook.md#ratelimitlocalfallback
      - alert: ArgumentsMisunderstood
        expr: |
          sum by (job, gen_ai_tool_name) (rate(mcp_server_arguments_refused_total{job="{{ include "mcp-library.fullname" . }}", gen_ai_tool_name!=""}[1h]))
          / sum by (job, gen_ai_tool_name) (rate(mcp_server_operation_duration_seconds_count{job="{{ include "mcp-library.fullname" . }}", gen_ai_tool_name!=""}[1h])) > 0.25
          and sum by (job, gen_ai_tool_name) (increase(mcp_server_arguments_refused_total{job="{{ include "mcp-library.fullname" . }}", gen_ai_tool_name!=""}[1h])) > 20
        for: 30m
        labels:
          severity: ticket
        annotations:
          summary: '{{ "{{" }} $labels.job {{ "}}" }}: clients call {{ "{{" }} $labels.gen_ai_tool_name {{ "}}" }} with wrong arguments'
          description: '{{ "{{" }} $value | humanizePercentage {{ "}}" }} of its calls have arguments that violate its schema.'
          runbook: docs/runbook.md#argumentsmisunderstood
      - alert: PoolExhausted
        expr: max by (job, instance, db_client_connection_pool_name) (db_client_connection_pending_requests{job="{{ include "mcp-library.fullname" . }}"}) > 0
        for: 5m
        labels:
          severity: page
        annotations:
          summary: '{{ "{{" }} $labels.job {{ "}}" }}: calls wait for a database connection'
          description: '{{ "{{" }} $value {{ "}}" }} calls wait for the pool {{ "{{" }} $labels.db_client_connection_pool_name {{ "}}" }} on {{ "{{" }} $labels.instance {{ "}}" }}.'
          runbook: docs/runbook.md#poolexhausted
      - alert: BreakerOpen
        expr: max by (job, server_address) (upstream_breaker_state{job="{{ include "mcp-library.fullname" . }}"}) > 0
        for: 2m
        labels:
          severity: ticket
        annotations:
          summary: '{{ "{{" }} $labels.job {{ "}}" }} sends no requests to {{ "{{" }} $labels.server_address {{ "}}" }}'
          description: That host failed too often. Calls that need it get an error at once, or a cached answer.
          runbook: docs/runbook.md#breakeropen
      - alert: UpstreamQuotaLow
        expr: min by (job, server_address, quota) (upstream_quota_remaining{job="{{ include "mcp-library.fullname" . }}"} / (upstream_quota_limit{job="{{ include "mcp-library.fullname" . }}"} > 0)) < 0.1
        for: 5m
        labels:
          severity: ticket
        annotations:
          summary: '{{ "{{" }} $labels.job {{ "}}" }}: the quota of {{ "{{" }} $labels.server_address {{ "}}" }} is nearly used up'
          description: '{{ "{{" }} $value | humanizePercentage {{ "}}" }} of the quota "{{ "{{" }} $labels.quota {{ "}}" }}" remains.'
          runbook: docs/runbook.md#upstreamquotalow
      - alert: ComponentDown
        expr: min by (job, instance, component) (mcp_server_component_up{job="{{ include "mcp-library.fullname" . }}"}) == 0
        for: 2m
        labels:
          severity: page
        annotations:
          summary: '{{ "{{" }} $labels.job {{ "}}" }}: {{ "{{" }} $labels.component {{ "}}" }} does not answer'
          description: Seen from {{ "{{" }} $labels.instance {{ "}}" }}. /health shows every component and which calls fail. The log has the cause.
          runbook: docs/runbook.md#componentdown
      - alert: ReplicaUnused
        expr: sum by (job) (rate(db_client_replica_fallbacks_total{job="{{ include "mcp-library.fullname" . }}", reason=~"late|away|failed"}[5m])) > 0
        for: 10m
        labels:
          severity: ticket
        annotations:
          summary: '{{ "{{" }} $labels.job {{ "}}" }} does not read from its replica'
          description: The replica is away or more than REPLICA_MAX_LAG seconds behind. The primary serves its reads.
          runbook: docs/runbook.md#replicaunused
      - alert: AuditLost
        expr: sum by (job) (increase(mcp_server_audit_lost_total{job="{{ include "mcp-library.fullname" . }}"}[10m])) > 0
        labels:
          severity: page
        annotations:
          summary: '{{ "{{" }} $labels.job {{ "}}" }} lost audit entries'
          description: 'Only entries of reads and refused calls: a write without an audit entry is not made.'
          runbook: docs/runbook.md#auditlost
      - alert: ConfigurationFileInvalid
        expr: sum by (job, file) (increase(mcp_server_configuration_reloads_total{job="{{ include "mcp-library.fullname" . }}", result="invalid"}[10m])) > 0
        labels:
          severity: ticket
        annotations:
          summary: '{{ "{{" }} $labels.job {{ "}}" }} refused an edit of its {{ "{{" }} $labels.file {{ "}}" }} file'
          description: The previous content stays in use. /health and the log say what is wrong.
          runbook: docs/runbook.md#configurationfileinvalid
      - alert: SpansLost
        expr: sum by (job, reason) (rate(mcp_server_spans_lost_total{job="{{ include "mcp-library.fullname" . }}"}[15m])) > 0
        for: 15m
        labels:
          severity: ticket
        annotations:
          summary: '{{ "{{" }} $labels.job {{ "}}" }}: traces do not reach the collector'
          description: '{{ "{{" }} $value | humanize {{ "}}" }} spans a second are dropped: {{ "{{" }} $labels.reason {{ "}}" }}. Calls are not delayed.'
          runbook: docs/runbook.md#spanslost
      - alert: TelemetryMissing
        expr: |
          group by (job) (last_over_time(mcp_server_operation_duration_seconds_count{job="{{ include "mcp-library.fullname" . }}"}[6h]))
          unless on (job) max by (job) (up{job="{{ include "mcp-library.fullname" . }}"}) == 1
        for: 5m
        labels:
          severity: page
        annotations:
          summary: '{{ "{{" }} $labels.job {{ "}}" }} sends no metrics'
          description: No replica answers at /metrics. It is down, was removed, or Prometheus cannot reach it.
          runbook: docs/runbook.md#telemetrymissing
{{- end }}
