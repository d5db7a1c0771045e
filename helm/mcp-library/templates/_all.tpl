{{- define "mcp-library.objects" -}}
{{- include "mcp-library.checks" . }}
{{- $names := list "workload" "service" "test" }}
{{- if .Values.serviceAccount.create }}{{ $names = append $names "serviceAccount" }}{{ end }}
{{- if .Values.jobs.serviceAccount.create }}{{ $names = append $names "jobServiceAccount" }}{{ end }}
{{- range $name, $section := dict "autoscaler" "autoscaling" "disruptionBudget" "disruptionBudget" "networkPolicy" "networkPolicy" "ingress" "ingress" "httpRoute" "httpRoute" "migration" "migration" }}
{{- if (get $.Values $section).enabled }}{{ $names = append $names $name }}{{ end }}
{{- end }}
{{- if and (or .Values.policy .Values.policies) (not .Values.existingPolicyConfigMap) }}{{ $names = append $names "policy" }}{{ end }}
{{- if and .Values.secrets.external.enabled (include "mcp-library.hasSecrets" .) }}{{ $names = append $names "externalSecret" }}{{ end }}
{{- if .Values.migration.enabled }}
{{- if .Values.networkPolicy.enabled }}{{ $names = append $names "migrationNetworkPolicy" }}{{ end }}
{{- if and .Values.secrets.external.enabled (include "mcp-library.ownerItems" . | trim) }}{{ $names = append $names "migrationExternalSecret" }}{{ end }}
{{- end }}
{{- if .Values.audit.monthly.enabled }}
{{- $names = append $names "auditJob" }}
{{- if .Values.networkPolicy.enabled }}{{ $names = append $names "auditNetworkPolicy" }}{{ end }}
{{- end }}
{{- if .Values.metrics.enabled }}
{{- if include "mcp-library.metricsApart" . }}{{ $names = append $names "metricsService" }}{{ end }}
{{- if .Values.metrics.serviceMonitor.enabled }}{{ $names = append $names "serviceMonitor" }}{{ end }}
{{- if .Values.metrics.rules.enabled }}{{ $names = append $names "rules" }}{{ end }}
{{- end }}
{{- range $names }}
---
{{ include "mcp-library.object" (list $ (include (print "mcp-library." .) $)) }}
{{- end }}
{{- range .Values.extraObjects }}
---
{{ tpl (kindIs "string" . | ternary (toString .) (toYaml .)) $ }}
{{- end }}
{{- end }}

{{/* An object with the common labels and annotations. Those labels are also on its pods, and never in a selector. */}}
{{- define "mcp-library.object" -}}
{{- $object := print (index . 1) "\n" | fromYaml -}}
{{- if hasKey $object "Error" }}{{ fail $object.Error }}{{ end -}}
{{- $values := (index . 0).Values -}}
{{- with $values.namespaceOverride }}{{ $_ := set $object.metadata "namespace" . }}{{ end -}}
{{- with $values.commonAnnotations -}}
{{- $_ := set $object.metadata "annotations" (merge (dict) ($object.metadata.annotations | default dict) .) -}}
{{- end -}}
{{- with $values.commonLabels -}}
{{- $spec := $object.spec | default dict -}}
{{- $pod := (dig "jobTemplate" "spec" $spec $spec).template | default (dict "metadata" dict) -}}
{{- range $metadata := list $object.metadata $pod.metadata -}}
{{- $_ := set $metadata "labels" (merge (dict) $values.commonLabels ($metadata.labels | default dict)) -}}
{{- end -}}
{{- end -}}
{{ toYaml $object }}
{{- end }}
