/// Why a matrix could not be decomposed.
public struct LinearAlgebraError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of failure. Open: later versions may add kinds.
  public struct Code: Sendable, Hashable {
    private let name: String

    private init(_ name: String) { self.name = name }

    /// The matrix has no elements, or not as many as its dimension says.
    public static let shape = Code("shape")
    /// An element is infinite or NaN.
    public static let notFinite = Code("not finite")
    /// The matrix differs from its transpose by more than rounding.
    public static let notSymmetric = Code("not symmetric")
    /// An eigenvalue is negative by more than rounding, so the matrix is no covariance.
    public static let notPositiveSemidefinite = Code("not positive semidefinite")
    /// There are too few examples for a covariance to mean anything.
    public static let tooFewExamples = Code("too few examples")
    /// GSL reported a failure.
    public static let solver = Code("solver")
  }

  /// The kind of failure.
  public let code: Code
  /// What was expected and what was found.
  public let description: String

  init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
