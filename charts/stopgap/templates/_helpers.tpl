{{- define "stopgap.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 63 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "stopgap.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "stopgap.labels" -}}
{{ include "stopgap.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "stopgap.config" -}}
{{- $own := dict "state" "/var/lib/stopgap/state" "listen" "0.0.0.0:9464" -}}
{{ toYaml (mergeOverwrite (deepCopy .Values.config) $own) }}
{{- end }}
