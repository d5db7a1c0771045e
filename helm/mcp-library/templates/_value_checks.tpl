{{/* Values that the chart does not know, one a line, each with the nearest one. values.keys.json lists the known ones. */}}
{{- define "mcp-library.unknownValues" -}}
{{- $known := .Files.Get "values.keys.json" | fromJson -}}
{{- include "mcp-library.unknownIn" (list .Values $known.values "" $known) -}}
{{- end }}

{{- define "mcp-library.unknownIn" -}}
{{- $values := index . 0 }}{{ $known := index . 1 }}{{ $path := index . 2 -}}
{{- if kindIs "map" $values }}
{{- range $name, $value := $values }}
{{- $each := get $known "*" | default (get $known $name) }}
{{- if not (or (hasKey $known "*") (hasKey $known $name)) }}
{{ include "mcp-library.unknownValue" (list $known $path $name (index $ 3)) }}
{{- else if kindIs "map" $each }}
{{- include "mcp-library.unknownIn" (list $value $each (printf "%s%s." $path $name) (index $ 3)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "mcp-library.unknownValue" -}}
{{- $known := index . 0 }}{{ $path := index . 1 }}{{ $name := index . 2 }}{{ $facts := index . 3 }}{{ $full := print $path $name -}}
{{- if and (eq $path "settings.") (hasKey $facts.elsewhere $name) -}}
{{ $full }} is not set here: {{ get $facts.elsewhere $name }}
{{- else -}}
{{- if hasKey $facts.instead $full -}}
{{ $full }} is not a value of this chart: {{ get $facts.instead $full }}
{{- else -}}
{{- $near := get $facts.otherNames $full -}}
{{- if not $near }}
{{- $least := 99 }}
{{- range $candidate, $_ := $known }}
{{- $distance := include "mcp-library.distance" (list (lower $name | trunc 40) (lower $candidate)) | int }}
{{- if and (lt $distance $least) (le $distance (max 2 (div (len $name) 3) | int)) }}
{{- $least = $distance }}{{ $near = print $path $candidate }}
{{- end }}
{{- end }}
{{- end }}
{{- if not (or $near $path) }}
{{- range $section, $inner := $facts.values }}
{{- if and (kindIs "map" $inner) (hasKey (default dict $inner) $name) }}{{ $near = printf "%s.%s" $section $name }}{{ end }}
{{- end }}
{{- end -}}
{{ $full }} is not a value of this chart{{ if $near }}: did you mean {{ $near }}?{{ else if lt (len $known) 20 }}. Known here: {{ keys $known | sortAlpha | join ", " }}{{ else }}. The README of the chart lists them{{ end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Edit distance of two texts (Levenshtein), row by row. */}}
{{- define "mcp-library.distance" -}}
{{- $a := index . 0 }}{{ $b := index . 1 }}{{ $row := untilStep 0 (add1 (len $b) | int) 1 -}}
{{- range $i := until (len $a) }}
{{- $next := list (add1 $i) }}
{{- range $j := until (len $b) }}
{{- $change := eq (index $a $i) (index $b $j) | ternary 0 1 }}
{{- $next = append $next (min (add1 (index $row (add1 $j))) (add1 (index $next $j)) (add (index $row $j) $change)) }}
{{- end }}
{{- $row = $next }}
{{- end -}}
{{ last $row }}
{{- end }}

{{/* Values that differ from the default and have no effect, one a line, with the value that keeps them from it. */}}
{{- define "mcp-library.unusedValues" -}}
{{- $defaults := .Defaults -}}
{{- range $path := list "secrets.external" "audit" "audit.monthly" "migration" "preflight" "autoscaling" "disruptionBudget" "ingress" "httpRoute" "networkPolicy" "metrics" "metrics.serviceMonitor" "metrics.rules" }}
{{- $section := $.Values }}{{ $default := $defaults }}
{{- range splitList "." $path }}{{ $section = get $section . }}{{ $default = get $default . | default dict }}{{ end }}
{{- if not $section.enabled }}
{{- range $name, $value := omit $section "enabled" }}
{{- /* The monthly job is of servers without audit files. */ -}}
{{- if and (ne (toJson $value) (get $default $name | toJson)) (ne (print $path "." $name) "audit.monthly") }}
{{ $path }}.{{ $name }} has no effect while {{ $path }}.enabled is false
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- if and .Values.autoscaling.enabled .Values.replicas (ne (int .Values.replicas) (int $defaults.replicas)) }}
replicas has no effect while autoscaling.enabled is true: set autoscaling.minReplicas
{{- end }}
{{- if and .Values.topologySpreadConstraints (ne (toJson .Values.spread) (toJson $defaults.spread)) }}
spread has no effect beside topologySpreadConstraints
{{- end }}
{{- if eq .Values.service.type "ClusterIP" }}
{{- range list "nodePort" "externalTrafficPolicy" }}
{{- if get $.Values.service . }}
service.{{ . }} has no effect while service.type is ClusterIP
{{- end }}
{{- end }}
{{- end }}
{{- if ne .Values.service.type "LoadBalancer" }}
{{- range list "loadBalancerClass" "loadBalancerSourceRanges" }}
{{- if get $.Values.service . }}
service.{{ . }} has no effect while service.type is {{ $.Values.service.type }}
{{- end }}
{{- end }}
{{- end }}
{{- range $path, $account := dict "serviceAccount" .Values.serviceAccount "jobs.serviceAccount" .Values.jobs.serviceAccount }}
{{- if and $account.annotations (not $account.create) }}
{{ $path }}.annotations has no effect while {{ $path }}.create is false
{{- end }}
{{- end }}
{{- if and .Values.jobs.initContainers (not .Values.migration.enabled) }}
jobs.initContainers has no effect while migration.enabled is false
{{- end }}
{{- if not .Values.secrets.external.enabled }}
{{- if .Values.migration.external.remoteKey }}
migration.external.remoteKey has no effect while secrets.external.enabled is false
{{- end }}
{{- end }}
{{- end }}
