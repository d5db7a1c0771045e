{{/* Checks that a JSON Schema cannot express. */}}
{{- define "mcp-library.checks" -}}
{{- with include "mcp-library.unknownValues" . | trim }}{{ include "mcp-library.refuse" . }}{{ end }}
{{- with include "mcp-library.contradictions" . | trim }}{{ include "mcp-library.refuse" . }}{{ end }}
{{- if eq .Values.unusedValues "refuse" }}
{{- with include "mcp-library.unusedValues" . | trim }}{{ include "mcp-library.refuse" . }}{{ end }}
{{- end }}
{{- end }}

{{/* `helm lint` ignores `fail`, so that a chart without values passes. A template that does not exist fails there too. */}}
{{- define "mcp-library.refuse" -}}
{{- fail . }}
{{- include . (dict) }}
{{- end }}

{{- define "mcp-library.contradictions" -}}
{{- $scaling := .Values.autoscaling }}
{{- if $scaling.enabled }}
{{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) }}
autoscaling.minReplicas ({{ $scaling.minReplicas }}) is above autoscaling.maxReplicas ({{ $scaling.maxReplicas }})
{{- end }}
{{- if not (or $scaling.targetCPUUtilizationPercentage $scaling.targetMemoryUtilizationPercentage $scaling.metrics) }}
autoscaling needs a target: targetCPUUtilizationPercentage, targetMemoryUtilizationPercentage or metrics
{{- end }}
{{- end }}
{{- if and .Values.ingress.enabled .Values.httpRoute.enabled }}
ingress.enabled and httpRoute.enabled are two ways in: enable one of them
{{- end }}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) }}
httpRoute.parentRefs is empty: name the gateway, such as [{name: public, namespace: gateways}]
{{- end }}
{{- range .Values.ingress.hosts }}
{{- if kindIs "map" . }}
ingress.hosts has an object: write the name only, such as [{{ .host | default "tools.example.com" }}]. The paths are the server's
{{- end }}
{{- end }}
{{- $budget := .Values.disruptionBudget }}
{{- if and $budget.maxUnavailable $budget.minAvailable }}
disruptionBudget.maxUnavailable and disruptionBudget.minAvailable exclude each other: set one of them
{{- end }}
{{- if and $budget.enabled $budget.minAvailable }}
{{- $pods := $scaling.enabled | ternary $scaling.minReplicas .Values.replicas | default 0 | int }}
{{- $kept := int (trimSuffix "%" (toString $budget.minAvailable)) }}
{{- /* Kubernetes rounds a percentage up. */ -}}
{{- if hasSuffix "%" (toString $budget.minAvailable) }}{{ $kept = div (add (mul $kept $pods) 99) 100 }}{{ end }}
{{- if and $pods (ge (int $kept) $pods) }}
disruptionBudget.minAvailable ({{ $budget.minAvailable }}) keeps all {{ $pods }} pods, so no node could be drained
{{- end }}
{{- end }}
{{- with .Values.metrics.serviceMonitor }}
{{- if and .scrapeTimeout (gt (include "mcp-library.seconds" .scrapeTimeout | int) (include "mcp-library.seconds" .interval | int)) }}
metrics.serviceMonitor.scrapeTimeout ({{ .scrapeTimeout }}) is above metrics.serviceMonitor.interval ({{ .interval }})
{{- end }}
{{- end }}
{{- $prefix := printf "%s_" (upper .Chart.Name) }}
{{- range concat .Values.env .Values.audit.monthly.env }}
{{- if hasPrefix $prefix .name }}
{{- $setting := trimPrefix $prefix .name | lower }}
{{- if not (hasKey . "valueFrom") }}
env {{ .name }} is a setting: write it under settings as {{ $setting }}, or in the Secret
{{- else if has $setting (concat $.Values.secrets.keys (keys $.Values.secrets.from)) }}
env {{ .name }} is already mounted as a file: remove {{ $setting }} from secrets.keys and secrets.from, or use secrets.from.{{ $setting }}
{{- end }}
{{- end }}
{{- end }}
{{- if and .Values.existingPolicyConfigMap (or .Values.policy .Values.policies) }}
existingPolicyConfigMap replaces policy and policies: set one of them
{{- end }}
{{- $backend := get .Values.settings "backend" | default "postgres" }}
{{- if and (ne $backend "postgres") (or .Values.migration.enabled (not .Values.audit.enabled)) }}
settings.backend {{ $backend }} needs no database: set migration.enabled to false and audit.enabled to true
{{- end }}
{{- if and .Values.audit.monthly.enabled (not .Values.migration.enabled) }}
audit.monthly needs a database (migration.enabled). A server with audit files removes old ones itself; export them from its pods
{{- end }}
{{- if and .Values.audit.monthly.enabled (not (hasKey .Values.settings "audit_retention_days")) }}
audit.monthly needs settings.audit_retention_days, which says what is kept
{{- end }}
{{- end }}

{{/* Seconds of a duration, such as 2m. */}}
{{- define "mcp-library.seconds" -}}
{{ mul (regexFind "^[0-9]+" . | int) (get (dict "s" 1 "m" 60 "h" 3600) (regexFind "[smh]$" .)) }}
{{- end }}
