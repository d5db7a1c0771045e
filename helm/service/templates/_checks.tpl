{{/* What a schema cannot say, as it compares two values. */}}
{{- define "service.checks" -}}
{{- $memory := .Values.resources }}
{{- if ne (toString $memory.requests.memory) (toString $memory.limits.memory) }}
{{- fail (printf "resources.requests.memory (%v) and resources.limits.memory (%v) must be equal: memory above what was asked for ends in an eviction" $memory.requests.memory $memory.limits.memory) }}
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
{{- end }}
