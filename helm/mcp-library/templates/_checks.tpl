{{/* Checks that compare two values, which a JSON Schema cannot express. */}}
{{- define "mcp-library.checks" -}}
{{- $memory := .Values.resources }}
{{- if ne (toString $memory.requests.memory) (toString $memory.limits.memory) }}
{{- fail (printf "resources.requests.memory (%v) and resources.limits.memory (%v) must be equal, so that no pod is evicted for memory above its request" $memory.requests.memory $memory.limits.memory) }}
{{- end }}
{{- $scaling := .Values.autoscaling }}
{{- if and $scaling.enabled (gt (int $scaling.minReplicas) (int $scaling.maxReplicas)) }}
{{- fail (printf "autoscaling.minReplicas (%v) is above autoscaling.maxReplicas (%v)" $scaling.minReplicas $scaling.maxReplicas) }}
{{- end }}
{{- $prefix := printf "%s_" (upper .Chart.Name) }}
{{- range $name, $_ := .Values.environment }}
{{- if hasPrefix $prefix $name }}
{{- fail (printf "environment.%s is a setting: write it under settings as %s, or in the Secret" $name (lower (trimPrefix $prefix $name))) }}
{{- end }}
{{- end }}
{{- $backend := get .Values.settings "backend" | default "postgres" }}
{{- if and (ne $backend "postgres") (or .Values.migration.enabled (not .Values.audit.enabled)) }}
{{- fail (printf "settings.backend %s needs no database: set migration.enabled to false and audit.enabled to true" $backend) }}
{{- end }}
{{- if and .Values.audit.monthly.enabled (not .Values.migration.enabled) }}
{{- fail "audit.monthly needs a database (migration.enabled). A server with audit files removes old ones itself; export them from its pods" }}
{{- end }}
{{- if and .Values.audit.monthly.enabled (not (hasKey .Values.settings "audit_retention_days")) }}
{{- fail "audit.monthly needs settings.audit_retention_days, which says what is kept" }}
{{- end }}
{{- end }}
