{{- define "mcp-library.objects" -}}
{{- include "mcp-library.checks" . }}
{{ include "mcp-library.serviceAccount" . }}
---
{{ include "mcp-library.workload" . }}
---
{{ include "mcp-library.service" . }}
---
{{ include "mcp-library.test" . }}
{{- if .Values.autoscaling.enabled }}
---
{{ include "mcp-library.autoscaler" . }}
{{- end }}
{{- if .Values.disruptionBudget.enabled }}
---
{{ include "mcp-library.disruptionBudget" . }}
{{- end }}
{{- if .Values.networkPolicy.enabled }}
---
{{ include "mcp-library.networkPolicy" . }}
{{- end }}
{{- if or .Values.policy .Values.policies }}
---
{{ include "mcp-library.policy" . }}
{{- end }}
{{- if .Values.ingress.enabled }}
---
{{ include "mcp-library.ingress" . }}
{{- end }}
{{- if .Values.httpRoute.enabled }}
---
{{ include "mcp-library.httpRoute" . }}
{{- end }}
{{- if and .Values.secrets.external.enabled (include "mcp-library.hasSecrets" .) }}
---
{{ include "mcp-library.externalSecret" . }}
{{- end }}
{{- if .Values.migration.enabled }}
---
{{ include "mcp-library.migration" . }}
{{- if .Values.networkPolicy.enabled }}
---
{{ include "mcp-library.migrationNetworkPolicy" . }}
{{- end }}
{{- if .Values.secrets.external.enabled }}
---
{{ include "mcp-library.migrationExternalSecret" . }}
{{- end }}
{{- end }}
{{- if .Values.audit.monthly.enabled }}
---
{{ include "mcp-library.auditJob" . }}
{{- if .Values.networkPolicy.enabled }}
---
{{ include "mcp-library.auditNetworkPolicy" . }}
{{- end }}
{{- end }}
{{- if and .Values.metrics.enabled .Values.metrics.serviceMonitor.enabled }}
---
{{ include "mcp-library.serviceMonitor" . }}
{{- end }}
{{- if and .Values.metrics.enabled .Values.metrics.rules.enabled }}
---
{{ include "mcp-library.alertRules" . }}
{{- end }}
{{- end }}
