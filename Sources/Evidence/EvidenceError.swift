/// What went wrong in an evaluation, where, what was expected and what was found.
public struct EvidenceError: Error, Sendable, CustomStringConvertible {
  /// The kind of an error; more may come.
  public struct Code: Sendable, Hashable {
    private let name: String
    private init(_ name: String) { self.name = name }

    /// The data can't be evaluated under this model: wrong shape, type or values.
    public static let invalidData = Code("invalidData")
    /// The model gives something that no density can take.
    public static let invalidModel = Code("invalidModel")
    /// A setting has no meaning: no samples, an empty range.
    public static let invalidSetting = Code("invalidSetting")
    /// The model doesn't offer what the estimator needs.
    public static let unsupported = Code("unsupported")
    /// The results file can't be used as asked.
    public static let invalidResults = Code("invalidResults")
    /// The output can't be made.
    public static let cannotCreateOutput = Code("cannotCreateOutput")
    /// Reading or writing failed.
    public static let inputOutput = Code("inputOutput")
  }

  /// The kind.
  public let code: Code
  /// One or two plain lines: what is wrong, where, what was expected, what was found, what to do.
  public let description: String

  /// An error.
  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
