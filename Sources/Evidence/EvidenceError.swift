/// What went wrong in an evaluation, where, what was expected and what was found.
public struct EvidenceError: Error, Sendable, CustomStringConvertible {
  /// The kind of an error; more may come. The numbers stay as they are.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// The number of the kind.
    public let rawValue: Int

    /// A kind by its number.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The data can't be evaluated under this model: wrong shape, type or values.
    public static let invalidData = Code(rawValue: 1)
    /// The model gives something that no density can take.
    public static let invalidModel = Code(rawValue: 2)
    /// A setting has no meaning: no samples, an empty range.
    public static let invalidSetting = Code(rawValue: 3)
    /// The results file can't be used as asked.
    public static let invalidResults = Code(rawValue: 4)
    /// The output can't be made.
    public static let cannotCreateOutput = Code(rawValue: 5)
    /// Reading or writing failed.
    public static let inputOutput = Code(rawValue: 6)
    /// The model doesn't offer what the estimator needs.
    public static let unsupported = Code(rawValue: 7)
    /// The system refuses memory or threads.
    public static let noResources = Code(rawValue: 8)
  }

  /// The kind.
  public let code: Code
  /// One or two plain lines: what is wrong, where, what was expected, what was found.
  public let message: String
  /// What to do, any of these; none where the message says it.
  public let remedies: [Remedy]

  /// An error.
  public init(_ code: Code, _ message: String, remedies: [Remedy] = []) {
    self.code = code
    self.message = message
    self.remedies = remedies
  }

  /// The message, and a line with what to do in the words of this library.
  public var description: String {
    remedies.isEmpty ? message : message + "\n" + remedies.map(\.description).joined(separator: ", or ")
  }

  /// The same error with a place before its message.
  public func at(_ place: String) -> EvidenceError {
    EvidenceError(code, "\(place): \(message)", remedies: remedies)
  }
}
