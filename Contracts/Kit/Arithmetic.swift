// Written out for the two types that records hold: a generic form would not be specialised across modules.

/// Arithmetic that throws: in a contract an overflow is a refusal, never a trap that would stop every validator.
extension UInt64 {
    package func adding(_ other: UInt64) throws(ContractError) -> UInt64 {
        let (result, overflow) = addingReportingOverflow(other)
        if overflow { throw .overflow }
        return result
    }

    package func subtracting(_ other: UInt64) throws(ContractError) -> UInt64 {
        let (result, overflow) = subtractingReportingOverflow(other)
        if overflow { throw .overflow }
        return result
    }

    package func multiplied(by other: UInt64) throws(ContractError) -> UInt64 {
        let (result, overflow) = multipliedReportingOverflow(by: other)
        if overflow { throw .overflow }
        return result
    }

    /// Division towards zero; by zero it is refused.
    package func divided(by other: UInt64) throws(ContractError) -> UInt64 {
        let (result, overflow) = dividedReportingOverflow(by: other)
        if overflow { throw .overflow }
        return result
    }
}

extension Int64 {
    package func adding(_ other: Int64) throws(ContractError) -> Int64 {
        let (result, overflow) = addingReportingOverflow(other)
        if overflow { throw .overflow }
        return result
    }

    package func subtracting(_ other: Int64) throws(ContractError) -> Int64 {
        let (result, overflow) = subtractingReportingOverflow(other)
        if overflow { throw .overflow }
        return result
    }

    package func multiplied(by other: Int64) throws(ContractError) -> Int64 {
        let (result, overflow) = multipliedReportingOverflow(by: other)
        if overflow { throw .overflow }
        return result
    }

    /// Division towards zero; by zero it is refused.
    package func divided(by other: Int64) throws(ContractError) -> Int64 {
        let (result, overflow) = dividedReportingOverflow(by: other)
        if overflow { throw .overflow }
        return result
    }
}

extension UInt64 {
    /// ⌊self × numerator ÷ denominator⌋ over the full product, so that a share of a large amount is exact.
    package func share(_ numerator: UInt64, of denominator: UInt64) throws(ContractError) -> UInt64 {
        let product = multipliedFullWidth(by: numerator)
        guard denominator > product.high else { throw .overflow }
        return denominator.dividingFullWidth(product).quotient
    }
}

extension ContractError {
    package static var overflow: ContractError { ContractError(.limit, "a number leaves its range") }
}
