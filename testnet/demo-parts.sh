# The parts of testnet/demo, in their order. Sourced, not run.

heading() { printf '\n== %s\n' "$*"; }
step() { printf '   %s\n' "$*"; }

# A member of a JSON document in one line, as the commands print it: enough for identifiers, digests and numbers.
member() {
    sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\)\"\{0,1\}[,}].*/\1/p" <<<"$2" | head -n 1
}

# Runs a command that must be refused with a code.
refused() {
    local code="$1" message
    shift
    if message="$("$@" 2>&1 >/dev/null)"; then fail "this should have been refused with $code: $*"; fi
    case "$message" in
        *"$code:"*) step "refused as it should be: ${message#akashi: }" ;;
        *) fail "refused for another reason than $code: $message" ;;
    esac
}

# Sends with --json, remembers the transaction, and keeps its answer in $answer.
send() {
    answer="$("$akashi" "$@" --json)"
    transaction="$(member id "$answer")"
}

keep_proof() {
    "$akashi" tx proof "$transaction" --out "$proofs/$1.proof" >/dev/null
    kept="${kept:-} $1"
}

new_account() {
    local name="$1" roles="$2" registrar="$3"
    "$akashi" keys new "$name-$tag" >/dev/null
    send account enroll "$name-$tag" --roles "$roles" --as "$registrar"
}

part_people() {
    heading "Accounts: registrars enrol pseudonymous accounts in their own organisations"
    new_account seller seller,organisation,device kaze-registrar
    keep_proof enrolment
    step "kaze-sensing (Japan) enrols a seller"
    new_account buyer buyer harbour-registrar
    step "harbour-city (EU) enrols a buyer"
    new_account applicant applicant kaze-registrar
    refused ROLE "$akashi" account enroll "seller-$tag" --roles value-issuer --as kaze-registrar
    send market issue "buyer-$tag" 5000 --as nordlys-issuer
    keep_proof issue
    send market issue "seller-$tag" 100 --as nordlys-issuer
    step "nordlys-data issues 5000 points to the buyer and 100 to the seller"
    refused ROLE "$akashi" market issue "seller-$tag" 1000000 --as "seller-$tag"
}

# A sample of this run: the same bytes would be the same evidence, which is recorded once.
personal_copy() {
    sed "s/kaze-a7-001/kaze-a7-$tag/g; s/board-17/board-$tag/g; s/no2cell-88/no2cell-$tag/g; s/\"version\": 1,/\"version\": 1, \"description\": \"$tag\",/" \
        "$samples/$1" >"$work/$1"
}

part_evidence() {
    heading "Evidence: where the sensor and its firmware come from"
    personal_copy firmware.cdx.json
    personal_copy sensor.epcis.jsonld
    local sensor="urn:epc:id:sgtin:952141.1012399.kaze-a7-$tag"
    send trust import "$work/firmware.cdx.json" --process "sensor-supply-$tag" --subject "$sensor" --as "seller-$tag"
    local sbom
    sbom="$(member id "$(sed 's/.*"top"://' <<<"$answer")")"
    step "CycloneDX bill of materials: $(member evidence "$answer") pieces of evidence, $(member edges "$answer") edges"
    send trust import "$work/sensor.epcis.jsonld" --process "sensor-supply-$tag" --parent "$sbom" --as "seller-$tag"
    local made
    made="$(member id "$(sed 's/.*"top"://' <<<"$answer")")"
    step "EPCIS events: the sensor was assembled from its parts and inspected"
    send trust evidence --process "sensor-supply-$tag" --step installed --subject "$sensor" \
        --content "$work/firmware.cdx.json" --media-type cyclonedx-json --parent "$made" --as "seller-$tag"
    local installed
    installed="$(member evidence "$answer")"
    keep_proof evidence
    send trust evidence --process "city-air-$tag" --step observed --subject "air-$tag" \
        --content "$samples/air-quality.ngsi-ld.json" --media-type ngsi-ld --parent "$installed" --as "seller-$tag"
    observed="$(member evidence "$answer")"
    step "up from the air quality records to what they rest on:"
    "$akashi" trust trace "$observed" | sed 's/^/     /' | cut -c1-110 | head -n 12
    step "down from the bill of materials to what rests on it:"
    "$akashi" trust trace "$sbom" --down | sed 's/^/     /' | cut -c1-110
    import_public_samples
    send trust rule "genuine-$tag" "@$samples/genuine-firmware.rule.json" --as kaze-scheme
    send trust assess "$sensor" "genuine-$tag" --as nordlys-assessor
    keep_proof verdict
    step "verdict on the firmware that is installed: $(member outcome "$("$akashi" trust verdict "$sensor" "genuine-$tag" --json)")"
    sed 's/3.1.0/3.1.1/g' "$work/firmware.cdx.json" >"$work/modified.cdx.json"
    send trust evidence --process "sensor-supply-$tag" --step installed --subject "$sensor" \
        --content "$work/modified.cdx.json" --media-type cyclonedx-json --parent "$made" --as "seller-$tag"
    local outcome
    outcome="$(member outcome "$("$akashi" trust verdict "$sensor" "genuine-$tag" --json)")"
    step "after somebody installed modified firmware: $outcome"
    [ "$outcome" = FAIL ] || fail "a modified component must make the verdict FAIL"
}

# Documents of other people, where they are at hand beside the repository.
import_public_samples() {
    local public="$root/../shared/data"
    if [ -f "$public/epcis/transformation-event.jsonld" ]; then
        send trust import "$public/epcis/transformation-event.jsonld" --process "public-$tag" --as "seller-$tag"
        step "GS1's own TransformationEvent: $(member evidence "$answer") pieces of evidence"
    fi
    if [ -f "$public/sbom/hbom-adapter-board.cdx.json" ]; then
        send trust import "$public/sbom/hbom-adapter-board.cdx.json" --process "public-$tag" --as "seller-$tag"
        step "CycloneDX's own hardware bill of materials: $(member evidence "$answer") pieces of evidence"
    fi
}

# One sale from listing to settlement; sets $order.
sell() {
    local name="$1" content="$2" class="$3" price="$4"
    send market publish "$name-$tag" --content "$content" --class "$class" --price "$price" --deposit 5 --bond 20 \
        --catalogue "$samples/catalogue.dsp.json" --area minato --origin jp --evidence "$observed" --as "seller-$tag"
    local listing
    listing="$(member listing "$answer")"
    step "listed $(basename "$content") for $price points, bound to content root $(member content_root "$answer" | cut -c1-16)…"
    send market order "$listing" --purpose air-research --max-price "$price" --as "buyer-$tag"
    order="$(member order "$answer")"
    step "ordered from the EU: $price points are locked"
    "$akashi" market deliver "$order" --content "$content" --out "$work/$name.delivery" --as "seller-$tag" >/dev/null
    step "delivered: $(wc -c <"$work/$name.delivery") encrypted bytes"
    if grep -q NGSI "$work/$name.delivery" || grep -q minato "$work/$name.delivery"; then
        fail "the delivery is readable before it was opened"
    fi
    "$akashi" market confirm "$order" --delivery "$work/$name.delivery" --as "buyer-$tag" >/dev/null
    "$akashi" market open "$order" --as "seller-$tag" >/dev/null
    step "confirmed by the buyer, then opened by the seller: the key is sealed to the buyer"
    send market accept "$order" --delivery "$work/$name.delivery" --out "$work/$name.received" --as "buyer-$tag"
    cmp "$content" "$work/$name.received" || fail "the buyer has other bytes than the seller sold"
    step "decrypted $(member bytes "$answer") bytes, equal to the root that was paid for; settled"
}

part_sale() {
    heading "Marketplace: air and noise data from Japan to the EU"
    sell air "$samples/air-quality.ngsi-ld.json" climate 120
    keep_proof sale
    "$akashi" query marketplace order "{\"order\":\"$order\"}" --proof "$proofs/settlement.proof" >/dev/null
    kept="$kept settlement"
    step "the order's row in the state is proven too: proofs/settlement.proof"
    sell noise "$samples/noise-level.ngsi-ld.json" park 80
    refused FUNDS "$akashi" market order "$(member listing "$("$akashi" market show "$order" --json)")" \
        --purpose air-research --max-price 1 --as "buyer-$tag"
    step "balances: buyer $(member held "$("$akashi" market balance "buyer-$tag" --json)")," \
        "seller $(member held "$("$akashi" market balance "seller-$tag" --json)") points"
}

part_field() {
    heading "Trustworthy field: a partner is admitted by disclosure, mutual verification and a sealed ballot"
    send field create "coast-$tag" --founders minato-city,harbour-city --required licence,security-audit \
        --verifiers 2 --mutual 1 --phase 3600 --as minato-founder
    local field
    field="$(member field "$answer")"
    "$akashi" field join "$field" --as harbour-founder >/dev/null
    send field apply "$field" --as "applicant-$tag"
    local case
    case="$(member case "$answer")"
    refused STATE "$akashi" field vote "$case" yes --as minato-founder
    "$akashi" field disclose "$case" --attribute "licence=$samples/membership-licence.txt" \
        --attribute "security-audit=$samples/security-audit.txt" --issuer nordlys-data --as "applicant-$tag" >/dev/null
    local attribute member
    for attribute in licence security-audit; do
        for member in minato-founder harbour-founder; do
            "$akashi" field attest "$case" "$attribute" --as "$member" >/dev/null
        done
    done
    "$akashi" field attest-member "$case" minato-city --as "applicant-$tag" >/dev/null
    "$akashi" field assent "$case" --as "applicant-$tag" >/dev/null
    step "kaze-sensing disclosed two attributes; two verifiers confirmed each; the applicant verified a member too"
    "$akashi" field vote "$case" yes --as minato-founder >/dev/null
    "$akashi" field vote "$case" yes --as harbour-founder >/dev/null
    step "both members voted; nobody can read the votes yet"
    "$akashi" field reveal "$case" --as minato-founder >/dev/null
    send field reveal "$case" --as harbour-founder
    keep_proof admission
    local state
    state="$("$akashi" field case "$case" --json | sed 's/.*"case":{\([^}]*\).*/{\1}/')"
    case "$("$akashi" field case "$case")" in
        *ADMITTED*) step "revealed and counted: ADMITTED" ;;
        *) fail "the applicant was not admitted: $state" ;;
    esac
}

part_consent() {
    heading "Personal data: in the vault, by consent, and erased"
    [ -d "$AKASHI_VAULT" ] || "$akashi" vault init >/dev/null
    answer="$("$akashi" vault put --profile "@$samples/resident.json" --json)"
    local person reference commitment pseudonym
    person="$(member subject "$answer")"
    reference="$(member reference "$answer")"
    commitment="$(member commitment "$answer")"
    pseudonym="$(member pseudonym "$("$akashi" vault pseudonym "$person" marketplace --json)")"
    "$akashi" keys new "resident-$tag" --account "$pseudonym" >/dev/null
    send account enroll "resident-$tag" --roles subject --as minato-registrar
    send consent record "$reference" --pseudonym "$pseudonym" --commitment "$commitment" --as minato-custodian
    step "a profile is in the vault; the chain has a random reference and a commitment that hides it"
    send consent grant --purpose route-planning --class smartphone-sensor,profile --recipient private-operator --country eu \
        --notice "$samples/notice.txt" --as "resident-$tag"
    local consent
    consent="$(member consent "$answer")"
    keep_proof consent
    send market publish "steps-$tag" --content "$samples/steps.json" --class smartphone-sensor --price 50 --deposit 5 \
        --bond 20 --catalogue "$samples/catalogue.dsp.json" --origin jp --personal pseudonymous --basis consent \
        --subject "$pseudonym" --as "seller-$tag"
    local listing
    listing="$(member listing "$answer")"
    refused CONSENT "$akashi" market order "$listing" --purpose route-planning --max-price 50 --as "buyer-$tag"
    send market order "$listing" --purpose route-planning --max-price 50 --consent "$consent" --as "buyer-$tag"
    step "with the resident's consent the order is accepted"
    send consent request "$reference" --consent "$consent" --purpose route-planning --as "buyer-$tag"
    "$akashi" vault serve "$(member access "$answer")" --as minato-custodian >"$work/served"
    grep -q 'nationality: JP' "$work/served" || fail "the vault served another profile"
    step "an access to the profile is logged on the chain, then served from the vault"
    send consent withdraw "$consent" --as "resident-$tag"
    keep_proof withdrawal
    step "the resident withdraws the consent"
    refused CONSENT "$akashi" market order "$listing" --purpose route-planning --max-price 50 --consent "$consent" \
        --as "buyer-$tag"
    send consent request "$reference" --consent "$consent" --purpose route-planning --as "buyer-$tag"
    refused CONSENT "$akashi" vault serve "$(member access "$answer")" --as minato-custodian
    erase_resident "$person" "$reference"
}

erase_resident() {
    local person="$1" reference="$2"
    refused CONSENT "$akashi" vault get "$reference" --reader clinic --purpose marketing
    "$akashi" vault consent "$person" --purpose care >/dev/null
    "$akashi" vault get "$reference" --reader clinic --purpose care >/dev/null
    step "read once, for a purpose that was consented to; the log has both attempts"
    "$akashi" vault erase "$person" --reader minato-city --purpose erasure-request >/dev/null
    refused STATE "$akashi" vault get "$reference" --reader clinic --purpose care
    if grep -qF "$(sed -n 's/.*"email": "\(.*\)",/\1/p' "$samples/resident.json")" "$AKASHI_VAULT"/*; then
        fail "the vault's file holds an e-mail address in plain text"
    fi
    step "the person's key is destroyed; the chain still verifies and names nobody"
}

part_proofs() {
    heading "Proofs: checked with the genesis file alone"
    local name
    for name in $kept; do
        # No node is asked: even the address is taken away.
        AKASHI_NODE=http://127.0.0.1:1 "$akashi" verify "$proofs/$name.proof" --genesis "$run/genesis" >"$work/$name.verified"
        step "$(head -n 1 "$work/$name.verified")  proofs/$name.proof"
    done
    cp "$proofs/sale.proof" "$work/altered.proof"
    local byte
    byte="$(od -An -tu1 -j 700 -N 1 "$work/altered.proof" | tr -d ' ')"
    # shellcheck disable=SC2059 # the format is the octal escape of one byte
    printf "\\$(printf '%03o' $((byte ^ 1)))" | dd of="$work/altered.proof" bs=1 seek=700 conv=notrunc status=none
    refused PROOF "$akashi" verify "$work/altered.proof" --genesis "$run/genesis"
}

# The state roots that the running validators hold at a height, one line each.
roots_at() {
    local index
    for index in $running; do
        "$akashi" block "$1" --node "$(url_of "$index")" --json 2>/dev/null |
            sed 's/.*"state_root":"\([0-9a-f]*\)".*/\1/'
    done
}

all_have() { [ "$(roots_at "$1" | wc -l)" = "$(wc -w <<<"$running")" ]; }

part_agreement() {
    heading "Agreement"
    local height roots
    height="$(member height "$answer")"
    wait_for 60 all_have "$height" || fail "not every validator has block $height"
    roots="$(roots_at "$height" | sort -u)"
    [ "$(wc -l <<<"$roots")" = 1 ] || fail "the state roots at height $height differ: $roots"
    step "$(wc -w <<<"$running") validators, height $height, one state root: $roots"
    printf '\nEverything is in %s; the network goes on: %s/v1/status\n' "$run" "$(url_of "${running%% *}")"
}
