{{/* Every object of a server. A chart includes only this. */}}
{{- define "mcp-library.all" -}}
{{ include "mcp-library.withValues" (list . "mcp-library.objects") }}
{{- end }}

{{/* A template with the values of a server: the library's defaults, then those of all servers of helm/fleet, then its
     own. Helm would merge the defaults into the chart's own values (import-values), so that shared ones could not come
     between. `.Defaults` are the values without the server's own, by which unused ones are found. */}}
{{- define "mcp-library.withValues" -}}
{{- $root := index . 0 -}}
{{- $shared := dig "servers" dict ($root.Values.global | default dict) -}}
{{- $values := deepCopy (index $root.Values "mcp-library") -}}
{{- include "mcp-library.putOver" (list $values $shared) -}}
{{- include "mcp-library.putOver" (list $values (omit $root.Values "mcp-library")) -}}
{{- include "mcp-library.inOneForm" (dict "values" $values) -}}
{{- $defaults := ($root.Files.Get "values.keys.json" | fromJson).defaults -}}
{{- include "mcp-library.putOver" (list $defaults $shared) -}}
{{- include (index . 1) (merge (dict "Values" $values "Defaults" $defaults) (omit $root "Values")) -}}
{{- end }}

{{/* Puts values over others, as Helm merges values files: null removes one. Sprig's functions keep a value where the one
     over it is empty. */}}
{{- define "mcp-library.putOver" -}}
{{- $below := index . 0 -}}
{{- range $name, $value := index . 1 -}}
{{- if kindIs "invalid" $value -}}{{- $_ := unset $below $name -}}
{{- else if and (kindIs "map" $value) (kindIs "map" (get $below $name)) -}}
{{- include "mcp-library.putOver" (list (get $below $name) $value) -}}
{{- else -}}{{- $_ := set $below $name (deepCopy $value) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Forms of other charts become that of Kubernetes: variables as a map, and pull secrets as plain names. */}}
{{- define "mcp-library.inOneForm" -}}
{{- $values := .values -}}
{{- range $section := list $values $values.audit.monthly -}}
{{- if kindIs "map" $section.env -}}
{{- $listed := list -}}
{{- range $name, $value := $section.env -}}
{{- if kindIs "map" $value }}{{ $listed = append $listed (merge (dict "name" $name) $value) -}}
{{- else }}{{ $listed = append $listed (dict "name" $name "value" (kindIs "string" $value | ternary $value (toJson $value))) }}{{ end -}}
{{- end -}}
{{- $_ := set $section "env" $listed -}}
{{- end -}}
{{- end -}}
{{- range $section := list $values $values.global -}}
{{- $_ := set $section "imagePullSecrets" (include "mcp-library.pullSecrets" $section.imagePullSecrets | fromYamlArray) -}}
{{- end -}}
{{- end }}

{{- define "mcp-library.pullSecrets" -}}
{{- $listed := list -}}
{{- range . }}{{ $listed = append $listed (kindIs "string" . | ternary (dict "name" .) .) }}{{ end -}}
{{ toJson $listed }}
{{- end }}
