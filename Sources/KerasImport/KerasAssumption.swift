/// What the files did not say and was taken to be so.
public struct KerasAssumption: Sendable, Equatable {
  /// What was taken to be so, in plain words.
  public let statement: String
  /// The option that says otherwise, where there is one.
  public let option: KerasOption?

  init(_ statement: String, unless option: KerasOption? = nil) {
    self.statement = statement
    self.option = option
  }

  /// The assumption, with the option called as the caller calls it.
  public func words(calling name: (KerasOption) -> String) -> String {
    statement + (option.map { " (\(name($0)) says otherwise)" } ?? "")
  }
}

extension KerasAssumption: ExpressibleByStringInterpolation {
  /// An assumption that no option is about.
  public init(stringLiteral statement: String) { self.init(statement) }
}
