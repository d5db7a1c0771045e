{{/* Every object of a server. A chart includes only this. */}}
{{- define "service.all" -}}
{{- include "service.checks" . }}
{{ include "service.serviceAccount" . }}
---
{{ include "service.workload" . }}
---
{{ include "service.service" . }}
---
{{ include "service.test" . }}
{{- if .Values.autoscaling.enabled }}
---
{{ include "service.autoscaler" . }}
{{- end }}
{{- if .Values.disruptionBudget.enabled }}
---
{{ include "service.disruptionBudget" . }}
{{- end }}
{{- if .Values.networkPolicy.enabled }}
---
{{ include "service.networkPolicy" . }}
{{- end }}
{{- if or .Values.policy .Values.policies }}
---
{{ include "service.policy" . }}
{{- end }}
{{- if .Values.ingress.enabled }}
---
{{ include "service.ingress" . }}
{{- end }}
{{- if .Values.httpRoute.enabled }}
---
{{ include "service.httpRoute" . }}
{{- end }}
{{- if and .Values.secrets.external.enabled (include "service.hasSecrets" .) }}
---
{{ include "service.externalSecret" . }}
{{- end }}
{{- if .Values.migration.enabled }}
---
{{ include "service.migration" . }}
{{- if .Values.networkPolicy.enabled }}
---
{{ include "service.migrationNetworkPolicy" . }}
{{- end }}
{{- if .Values.secrets.external.enabled }}
---
{{ include "service.migrationExternalSecret" . }}
{{- end }}
{{- end }}
{{- if .Values.audit.monthly.enabled }}
---
{{ include "service.auditJob" . }}
{{- if .Values.networkPolicy.enabled }}
---
{{ include "service.auditNetworkPolicy" . }}
{{- end }}
{{- end }}
{{- if and .Values.metrics.enabled .Values.metrics.serviceMonitor.enabled }}
---
{{ include "service.serviceMonitor" . }}
{{- end }}
{{- if and .Values.metrics.enabled .Values.metrics.rules.enabled }}
---
{{ include "service.alertRules" . }}
{{- end }}
{{- end }}
