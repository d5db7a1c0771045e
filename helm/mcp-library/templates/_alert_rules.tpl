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
    - name: '{{ include "mcp-library.namespace" . }}.{{ include "mcp-library.fullname" . }}.mcp-objectives'
      rules:
      - record: namespace_job:mcp_calls_failed:ratio_rate5m:{{ include "mcp-library.recordedSuffix" . }}
        expr: |
          sum by (namespace, job) (rate(mcp_server_operation_duration_seconds_count{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get",
            error_type=~"crash|unavailable|deadline"}[5m]))
          / sum by (namespace, job) (rate(mcp_server_operation_duration_seconds_count{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get"}[5m]))
        labels:
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
      - record: namespace_job:mcp_calls_failed:ratio_rate30m:{{ include "mcp-library.recordedSuffix" . }}
        expr: |
          sum by (namespace, job) (rate(mcp_server_operation_duration_seconds_count{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get",
            error_type=~"crash|unavailable|deadline"}[30m]))
          / sum by (namespace, job) (rate(mcp_server_operation_duration_seconds_count{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get"}[30m]))
        labels:
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
      - record: namespace_job:mcp_calls_failed:ratio_rate1h:{{ include "mcp-library.recordedSuffix" . }}
        expr: |
          sum by (namespace, job) (rate(mcp_server_operation_duration_seconds_count{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get",
            error_type=~"crash|unavailable|deadline"}[1h]))
          / sum by (namespace, job) (rate(mcp_server_operation_duration_seconds_count{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get"}[1h]))
        labels:
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
      - record: namespace_job:mcp_calls_failed:ratio_rate6h:{{ include "mcp-library.recordedSuffix" . }}
        expr: |
          sum by (namespace, job) (rate(mcp_server_operation_duration_seconds_count{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get",
            error_type=~"crash|unavailable|deadline"}[6h]))
          / sum by (namespace, job) (rate(mcp_server_operation_duration_seconds_count{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get"}[6h]))
        labels:
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
      - record: namespace_job:mcp_calls_failed:ratio_rate3d:{{ include "mcp-library.recordedSuffix" . }}
        expr: |
          sum by (namespace, job) (rate(mcp_server_operation_duration_seconds_count{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get",
            error_type=~"crash|unavailable|deadline"}[3d]))
          / sum by (namespace, job) (rate(mcp_server_operation_duration_seconds_count{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get"}[3d]))
        labels:
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
      - record: namespace_job:mcp_calls:increase1h:{{ include "mcp-library.recordedSuffix" . }}
        expr: |
          sum by (namespace, job) (increase(mcp_server_operation_duration_seconds_count{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get"}[1h]))
        labels:
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
      - record: namespace_job:mcp_calls_slow:ratio_rate30m:{{ include "mcp-library.recordedSuffix" . }}
        expr: |
          1 - sum by (namespace, job) (rate(mcp_server_operation_duration_seconds_bucket{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get",
            le=~"1|1\\.0"}[30m]))
          / (sum by (namespace, job) (rate(mcp_server_operation_duration_seconds_count{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", mcp_method_name=~"tools/call|resources/read|prompts/get"}[30m])) > 0)
        labels:
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
      - record: namespace_job:mcp_credentials_refused:rate5m:{{ include "mcp-library.recordedSuffix" . }}
        expr: sum by (namespace, job) (rate(mcp_server_credentials_refused_total{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", reason!~"absent|issuer_unreachable"}[5m]))
        labels:
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
      - record: namespace_job:mcp_audit_written:rate1h:{{ include "mcp-library.recordedSuffix" . }}
        expr: sum by (namespace, job) (rate(mcp_server_audit_written_bytes_total{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}[1h]))
        labels:
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
    - name: '{{ include "mcp-library.namespace" . }}.{{ include "mcp-library.fullname" . }}.mcp-objective-alerts'
      rules:
      - alert: ErrorBudgetBurnsFast
        expr: |
          (namespace_job:mcp_calls_failed:ratio_rate1h:{{ include "mcp-library.recordedSuffix" . }}{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} > 14.4 * 0.001 and namespace_job:mcp_calls_failed:ratio_rate5m:{{ include "mcp-library.recordedSuffix" . }}{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} > 14.4 * 0.001)
          and on (namespace, job) namespace_job:mcp_calls:increase1h:{{ include "mcp-library.recordedSuffix" . }}{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} > 20
        for: 2m
        labels:
          severity: page
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }}: at this rate the error budget of the month lasts two days'
          description: '{{ "{{" }} $value | humanizePercentage {{ "}}" }} of the calls of the last hour ended with a crash, a timeout or an unavailable dependency.'
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#errorbudgetburnsfast'
      - alert: ErrorBudgetBurns
        expr: |
          (namespace_job:mcp_calls_failed:ratio_rate6h:{{ include "mcp-library.recordedSuffix" . }}{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} > 6 * 0.001 and namespace_job:mcp_calls_failed:ratio_rate30m:{{ include "mcp-library.recordedSuffix" . }}{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} > 6 * 0.001)
          or (namespace_job:mcp_calls_failed:ratio_rate3d:{{ include "mcp-library.recordedSuffix" . }}{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} > 0.001 and namespace_job:mcp_calls_failed:ratio_rate6h:{{ include "mcp-library.recordedSuffix" . }}{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} > 0.001)
        for: 15m
        labels:
          severity: ticket
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }}: more calls fail than the objective allows'
          description: '{{ "{{" }} $value | humanizePercentage {{ "}}" }} of the calls ended with a crash, a timeout or an unavailable dependency.'
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#errorbudgetburns'
      - alert: CallsSlow
        expr: namespace_job:mcp_calls_slow:ratio_rate30m:{{ include "mcp-library.recordedSuffix" . }}{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} > 0.05 and on (namespace, job) namespace_job:mcp_calls:increase1h:{{ include "mcp-library.recordedSuffix" . }}{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}
          > 20
        for: 15m
        labels:
          severity: ticket
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }}: too many calls take longer than a second'
          description: '{{ "{{" }} $value | humanizePercentage {{ "}}" }} of the calls of the last half hour took longer than 1 s; the objective allows 5 %.'
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#callsslow'
    - name: '{{ include "mcp-library.namespace" . }}.{{ include "mcp-library.fullname" . }}.mcp-alerts'
      rules:
      - alert: TenantCallsFail
        expr: |
          sum by (namespace, job, tenant) (rate(mcp_server_tenant_calls_total{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", error_type=~"crash|unavailable|deadline"}[30m]))
          / sum by (namespace, job, tenant) (rate(mcp_server_tenant_calls_total{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}[30m])) > 0.05
          and sum by (namespace, job, tenant) (increase(mcp_server_tenant_calls_total{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}[30m])) > 20
        for: 15m
        labels:
          severity: ticket
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }}: calls of the tenant {{ "{{" }} $labels.tenant {{ "}}" }} fail'
          description: '{{ "{{" }} $value | humanizePercentage {{ "}}" }} of its calls of the last half hour ended with a crash, a timeout or an unavailable dependency.'
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#tenantcallsfail'
      - alert: ToolCrashes
        expr: |
          sum by (namespace, job, mcp_method_name, gen_ai_tool_name) (increase(mcp_server_operation_duration_seconds_count{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", error_type="crash"}[10m])) > 0
          or sum by (namespace, job, mcp_method_name, gen_ai_tool_name) (
            mcp_server_operation_duration_seconds_count{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", error_type="crash"}
            unless mcp_server_operation_duration_seconds_count{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", error_type="crash"} offset 10m
          ) > 0
        labels:
          severity: ticket
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }}: {{ "{{" }} $labels.gen_ai_tool_name {{ "}}" }}{{ "{{" }} if not $labels.gen_ai_tool_name {{ "}}" }}{{ "{{" }} $labels.mcp_method_name {{ "}}" }}{{ "{{" }} end {{ "}}" }} crashed'
          description: A bug, or an unexpected reply from outside. The caller received only a correlation id.
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#toolcrashes'
      - alert: CallsShed
        expr: sum by (namespace, job) (rate(mcp_server_calls_shed_total{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}[5m])) > 0
        for: 5m
        labels:
          severity: page
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }} refuses calls because too many are waiting'
          description: '{{ "{{" }} $value | humanize {{ "}}" }} calls a second get status 503.'
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#callsshed'
      - alert: CredentialsRefused
        expr: |
          namespace_job:mcp_credentials_refused:rate5m:{{ include "mcp-library.recordedSuffix" . }}{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} > 1
          and namespace_job:mcp_credentials_refused:rate5m:{{ include "mcp-library.recordedSuffix" . }}{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} > 5 * avg_over_time(namespace_job:mcp_credentials_refused:rate5m:{{ include "mcp-library.recordedSuffix" . }}{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}[1d])
        for: 10m
        labels:
          severity: ticket
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }} refuses far more credentials than usual'
          description: '{{ "{{" }} $value | humanize {{ "}}" }} requests a second carry an invalid credential.'
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#credentialsrefused'
      - alert: IssuerUnreachable
        expr: sum by (namespace, job) (rate(mcp_server_credentials_refused_total{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", reason="issuer_unreachable"}[5m])) > 0
        for: 2m
        labels:
          severity: page
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }} cannot fetch signing keys, so it can validate no access token'
          description: '{{ "{{" }} $value | humanize {{ "}}" }} requests a second get status 503.'
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#issuerunreachable'
      - alert: CallersLimited
        expr: sum by (namespace, job, limit) (rate(mcp_server_rate_limit_refused_total{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}[10m])) > 1
        for: 15m
        labels:
          severity: ticket
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }}: calls exceed the limit "{{ "{{" }} $labels.limit {{ "}}" }}" all the time'
          description: '{{ "{{" }} $value | humanize {{ "}}" }} calls a second are over this limit.'
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#callerslimited'
      - alert: RateLimitLocalFallback
        expr: sum by (namespace, job) (rate(mcp_server_rate_limit_local_fallbacks_total{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}[5m])) > 0
        for: 5m
        labels:
          severity: ticket
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }} counts limits locally, as the shared store is unavailable'
          description: Each replica grants every caller the full limit, and writes follow STORE_OUTAGE.
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#ratelimitlocalfallback'
      - alert: ArgumentsMisunderstood
        expr: |
          sum by (namespace, job, gen_ai_tool_name) (rate(mcp_server_arguments_refused_total{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", gen_ai_tool_name!=""}[1h]))
          / sum by (namespace, job, gen_ai_tool_name) (rate(mcp_server_operation_duration_seconds_count{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", gen_ai_tool_name!=""}[1h])) > 0.25
          and sum by (namespace, job, gen_ai_tool_name) (increase(mcp_server_arguments_refused_total{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", gen_ai_tool_name!=""}[1h])) > 20
        for: 30m
        labels:
          severity: ticket
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }}: clients call {{ "{{" }} $labels.gen_ai_tool_name {{ "}}" }} with wrong arguments'
          description: '{{ "{{" }} $value | humanizePercentage {{ "}}" }} of its calls have arguments that violate its schema.'
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#argumentsmisunderstood'
      - alert: PoolExhausted
        expr: max by (namespace, job, instance, db_client_connection_pool_name) (db_client_connection_pending_requests{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}) > 0
        for: 5m
        labels:
          severity: page
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }}: calls wait for a database connection'
          description: '{{ "{{" }} $value {{ "}}" }} calls wait for the pool {{ "{{" }} $labels.db_client_connection_pool_name {{ "}}" }} on {{ "{{" }} $labels.instance {{ "}}" }}.'
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#poolexhausted'
      - alert: ServerConnectionsLow
        expr: max by (namespace, job) (db_server_connection_count{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} / (db_server_connection_max{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} > 0)) > 0.85
        for: 10m
        labels:
          severity: ticket
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }}: its database server has few connections left'
          description: '{{ "{{" }} $value | humanizePercentage {{ "}}" }} of the connections that it allows are open.'
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#serverconnectionslow'
      - alert: BreakerOpen
        expr: max by (namespace, job, server_address) (upstream_breaker_state{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}) > 0
        for: 2m
        labels:
          severity: ticket
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }} sends no requests to {{ "{{" }} $labels.server_address {{ "}}" }}'
          description: That host failed too often. Calls that need it get an error at once, or a cached answer.
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#breakeropen'
      - alert: UpstreamQuotaLow
        expr: min by (namespace, job, server_address, quota) (upstream_quota_remaining{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} / (upstream_quota_limit{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} > 0)) < 0.1
        for: 5m
        labels:
          severity: ticket
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }}: the quota of {{ "{{" }} $labels.server_address {{ "}}" }} is nearly used up'
          description: '{{ "{{" }} $value | humanizePercentage {{ "}}" }} of the quota "{{ "{{" }} $labels.quota {{ "}}" }}" remains.'
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#upstreamquotalow'
      - alert: ComponentDown
        expr: min by (namespace, job, instance, component) (mcp_server_component_up{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}) == 0
        for: 2m
        labels:
          severity: page
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }}: {{ "{{" }} $labels.component {{ "}}" }} does not answer'
          description: Seen from {{ "{{" }} $labels.instance {{ "}}" }}. /health shows every component and which calls fail. The log has the cause.
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#componentdown'
      - alert: ReplicaUnused
        expr: sum by (namespace, job) (rate(db_client_replica_fallbacks_total{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", reason=~"late|away|failed"}[5m])) > 0
        for: 10m
        labels:
          severity: ticket
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }} does not read from its replica'
          description: The replica is away or more than REPLICA_MAX_LAG seconds behind. The primary serves its reads.
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#replicaunused'
      - alert: AuditLost
        expr: sum by (namespace, job) (increase(mcp_server_audit_lost_total{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}[10m])) > 0
        labels:
          severity: page
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }} lost audit entries'
          description: 'Only entries of reads and refused calls: a write without an audit entry is not made.'
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#auditlost'
      - alert: AuditLaneWaits
        expr: |
          histogram_quantile(0.95, sum by (namespace, job, le) (rate(mcp_server_audit_lane_wait_time_seconds_bucket{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}[15m]))) > 0.5
          and sum by (namespace, job) (increase(mcp_server_audit_lane_wait_time_seconds_count{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}[15m])) > 20
        for: 15m
        labels:
          severity: ticket
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }}: writes wait for the audit log'
          description: 5 % of the writes that need another lane of the audit log wait longer than {{ "{{" }} $value | humanizeDuration {{ "}}" }}.
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#auditlanewaits'
      - alert: AuditGrows
        expr: |
          namespace_job:mcp_audit_written:rate1h:{{ include "mcp-library.recordedSuffix" . }}{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} > 10000
          and namespace_job:mcp_audit_written:rate1h:{{ include "mcp-library.recordedSuffix" . }}{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} > 5 * avg_over_time(namespace_job:mcp_audit_written:rate1h:{{ include "mcp-library.recordedSuffix" . }}{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}[1d])
        for: 1h
        labels:
          severity: ticket
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }}: the audit trail grows far faster than usual'
          description: '{{ "{{" }} $value | humanize1024 {{ "}}" }}B a second, more than five times the average of a day.'
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#auditgrows'
      - alert: VolumeFillsUp
        expr: |
          (min by (namespace, job, instance, volume) (mcp_server_volume_free_bytes{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} / mcp_server_volume_size_bytes{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}) < 0.25)
          and min by (namespace, job, instance, volume) (predict_linear(mcp_server_volume_free_bytes{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}[6h], 4 * 86400)) < 0
        for: 1h
        labels:
          severity: ticket
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }}: a volume is full within four days'
          description: '{{ "{{" }} $value | humanizePercentage {{ "}}" }} of the volume "{{ "{{" }} $labels.volume {{ "}}" }}" of {{ "{{" }} $labels.instance {{ "}}" }} is free, and the free space shrinks.'
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#volumefillsup'
      - alert: VolumeNearlyFull
        expr: min by (namespace, job, instance, volume) (mcp_server_volume_free_bytes{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} / mcp_server_volume_size_bytes{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}) < 0.05
        for: 5m
        labels:
          severity: page
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }}: a volume is nearly full'
          description: '{{ "{{" }} $value | humanizePercentage {{ "}}" }} of the volume "{{ "{{" }} $labels.volume {{ "}}" }}" of {{ "{{" }} $labels.instance {{ "}}" }} is free. A full one stops writes.'
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#volumenearlyfull'
      - alert: ConfigurationFileInvalid
        expr: sum by (namespace, job, file) (increase(mcp_server_configuration_reloads_total{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}", result="invalid"}[10m])) > 0
        labels:
          severity: ticket
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }} refused an edit of its {{ "{{" }} $labels.file {{ "}}" }} file'
          description: The previous content stays in use. /health and the log say what is wrong.
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#configurationfileinvalid'
      - alert: ConfigurationDiffers
        expr: |
          max by (namespace, job, file) (mcp_server_configuration_fingerprint{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"})
          != min by (namespace, job, file) (mcp_server_configuration_fingerprint{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"})
        for: 10m
        labels:
          severity: ticket
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }}: replicas use different {{ "{{" }} $labels.file {{ "}}" }} files'
          description: For ten minutes replicas have used different content, so the same call can be allowed by one and refused by another.
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#configurationdiffers'
      - alert: CertificateExpires
        expr: min by (namespace, job, path) (mcp_server_certificate_expiry_seconds{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} - time()) < 14 * 86400
        for: 1h
        labels:
          severity: ticket
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }}: a certificate expires soon'
          description: '{{ "{{" }} $labels.path {{ "}}" }} expires in {{ "{{" }} $value | humanizeDuration {{ "}}" }}.'
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#certificateexpires'
      - alert: CertificateExpiresNow
        expr: min by (namespace, job, path) (mcp_server_certificate_expiry_seconds{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"} - time()) < 2 * 86400
        for: 5m
        labels:
          severity: page
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }}: a certificate expires within two days'
          description: '{{ "{{" }} $labels.path {{ "}}" }} expires in {{ "{{" }} $value | humanizeDuration {{ "}}" }}. Connections fail from then on.'
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#certificateexpiresnow'
      - alert: SpansLost
        expr: sum by (namespace, job, reason) (rate(mcp_server_spans_lost_total{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}[15m])) > 0
        for: 15m
        labels:
          severity: ticket
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }}: traces do not reach the collector'
          description: '{{ "{{" }} $value | humanize {{ "}}" }} spans a second are dropped: {{ "{{" }} $labels.reason {{ "}}" }}. Calls are not delayed.'
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#spanslost'
      - alert: TelemetryMissing
        expr: |
          group by (namespace, job) (last_over_time(mcp_server_operation_duration_seconds_count{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}[6h]))
          unless on (namespace, job) max by (namespace, job) (up{namespace="{{ include "mcp-library.namespace" . }}", job="{{ include "mcp-library.fullname" . }}"}) == 1
        for: 5m
        labels:
          severity: page
          namespace: '{{ include "mcp-library.namespace" . }}'
          release: '{{ .Release.Name }}'
        annotations:
          summary: '{{ "{{" }} $labels.namespace {{ "}}" }}/{{ "{{" }} $labels.job {{ "}}" }} sends no metrics'
          description: No replica answers at /metrics. It is down, was removed, or Prometheus cannot reach it.
          runbook_url: '{{ include "mcp-library.runbookUrl" . }}#telemetrymissing'
{{- end }}
