import ContractKit
import Ledger
import Testing

@Suite struct RefusalTests {
    @Test("contracts and ledger agree on the number and the word of every code", arguments: ErrorCode.allCases)
    func contractCodes(code: ErrorCode) {
        let refusal = RefusalCode(code)
        #expect(refusal.rawValue == code.rawValue)
        #expect(refusal.text == code.text)
        #expect(Refusal(ContractError(code, "why")) == Refusal(refusal, "why"))
    }

    @Test("the node's own codes stand apart from the contracts'")
    func ownCodes() {
        let contractCodes = Set(ErrorCode.allCases.map(\.rawValue))
        for code in RefusalCode.allCases where !contractCodes.contains(code.rawValue) { #expect(code.rawValue >= 64) }
    }
}
