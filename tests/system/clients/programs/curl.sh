#!/bin/sh
# curl, which asks for an upgrade to HTTP/2 (CASES C1).

number=0
ask() { # URL TOKEN METHOD PARAMETERS [OPTION…]
  number=$((number + 1))
  url=$1 token=$2 method=$3 parameters=$4
  shift 4
  curl --silent --show-error --fail-with-body --http2 --max-time 60 "$@" "$url" \
    --header "Authorization: Bearer $token" --header "Content-Type: application/json" \
    --header "Accept: application/json, text/event-stream" --header "MCP-Protocol-Version: 2025-11-25" \
    --data "{\"jsonrpc\":\"2.0\",\"id\":$number,\"method\":\"$method\",\"params\":$parameters}"
}
orders() { ask "$CLIENT_URL_ORDERS" "$CLIENT_TOKEN_ORDERS" "$@"; }
weather() { ask "$CLIENT_URL_WEATHER" "$CLIENT_TOKEN_WEATHER" "$@"; }
tool() { orders tools/call "{\"name\":\"$1\",\"arguments\":$2}"; }
pieces() {
  tool get_inventory "{\"skus\":[\"$CLIENT_SKU\"]}" | sed 's/.*structuredContent//' | grep -o '"on_hand":[0-9]*' |
    { sum=0; while IFS=: read -r _ count; do sum=$((sum + count)); done; echo "$sum"; }
}

list() { orders tools/list '{}' | grep -q '"issue_refund"'; }
read_order() { tool get_order "{\"order_id\":\"$CLIENT_ORDER\"}"; }
read_cell() { read_order | grep -q "$CLIENT_ORDER"; }
write() {
  tool update_order_notes "{\"order_id\":\"$CLIENT_ORDER\",\"notes\":\"Seen by curl\"}" >&2 &&
    read_order | grep -q "Seen by curl"
}
confirm() {
  before=$(pieces)
  code=$(tool adjust_inventory "$CLIENT_ADJUSTMENT" | grep -o '[A-Z]-[0-9A-Z]\{4\}-[0-9A-Z]\{4\}' | head -n 1)
  [ -n "$code" ] && [ "$(pieces)" -eq "$before" ] || return 1
  tool orders_confirm_action "{\"code\":\"$code\"}" >&2 && [ "$(pieces)" -eq $((before + 1)) ]
}
resource() { orders resources/read '{"uri":"policy://refunds"}' | grep -q "Refund policy"; }
prompt() {
  orders prompts/get "{\"name\":\"where_is_my_order\",\"arguments\":{\"order_id\":\"$CLIENT_ORDER\"}}" |
    grep -q "$CLIENT_ORDER"
}
complete() {
  orders completion/complete \
    '{"ref":{"type":"ref/prompt","name":"exception_review"},"argument":{"name":"status","value":"pa"}}' | grep -q '"paid"'
}
comparison() { echo "{\"name\":\"compare_to_normal\",\"arguments\":$CLIENT_COMPARISON,\"_meta\":{\"progressToken\":1}}"; }
progress() { [ "$(weather tools/call "$(comparison)" --no-buffer | grep -c notifications/progress)" -gt 1 ]; }
cancel() {
  curl --silent --http2 --max-time 60 "$CLIENT_URL_WEATHER" --header "Authorization: Bearer $CLIENT_TOKEN_WEATHER" \
    --header "Content-Type: application/json" --header "Accept: application/json, text/event-stream" \
    --header "MCP-Protocol-Version: 2025-11-25" \
    --data "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":$(comparison)}" >/dev/null &
  calling=$!
  echo '{"calling":true}'
  read -r _
  kill "$calling"
  echo '{"cancelled":true}'
  read -r _
}

echo "{\"version\":\"$(curl --version | cut -d ' ' -f 2 | head -n 1)\"}"
for cell in $CLIENT_CELLS; do
  name=$cell
  [ "$cell" = read ] && name=read_cell
  if "$name" 2>problem; then
    echo "{\"cell\":\"$cell\",\"works\":true}"
  else
    echo "{\"cell\":\"$cell\",\"reason\":\"$(tr -d '"\\\n' <problem | head -c 200) the answer is another one\"}"
  fi
done
