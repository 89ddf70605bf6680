/// Something that is known of each example and is no part of what is modelled: the model says log p(x | covariates).
public struct Covariate: Sendable, Equatable {
  /// What its values are.
  public enum Kind: Sendable, Equatable {
    /// One of some categories. Networks take it one-hot, in this order.
    case categorical([String])
    /// Numbers, as many as said.
    case continuous(size: Int)
  }

  /// Its name, by which conditionals and layers ask for it.
  public var name: String
  /// What its values are.
  public var kind: Kind

  /// A covariate.
  public init(_ name: String, _ kind: Kind) {
    self.name = name
    self.kind = kind
  }

  /// Numbers that networks are given of it: one for each category, or its size.
  public var width: Int {
    switch kind {
    case .categorical(let categories): categories.count
    case .continuous(let size): size
    }
  }

  /// The categories in order; nil for numbers.
  public var categories: [String]? {
    if case .categorical(let categories) = kind { categories } else { nil }
  }
}

/// What the mean of a count likelihood is multiplied by.
public enum Exposure: Sendable, Equatable {
  /// Σ x of the example: the model is then one of x given its own total.
  case total
  /// A continuous covariate.
  case covariate(String)

  /// The word of the model format.
  public var name: String {
    switch self {
    case .total: "total"
    case .covariate(let name): name
    }
  }
}

/// The numbers that are known of one example, one after the other: each covariate's, a category as one-hot, then the total
/// of x where the model asks for it.
public struct CovariateLayout: Sendable, Equatable {
  /// The covariates, in this order.
  public let covariates: [Covariate]
  /// Whether the total of x comes last.
  public let hasTotal: Bool

  /// The layout of some covariates.
  public init(_ covariates: [Covariate] = [], hasTotal: Bool = false) {
    self.covariates = covariates
    self.hasTotal = hasTotal
  }

  /// How many numbers.
  public var width: Int { covariates.reduce(hasTotal ? 1 : 0) { $0 + $1.width } }

  /// Where the total is.
  public var totalColumn: Int? { hasTotal ? width - 1 : nil }

  /// Where a covariate's numbers are; nil for a name that is none.
  public func columns(_ name: String) -> Range<Int>? {
    var first = 0
    for covariate in covariates {
      if covariate.name == name { return first..<first + covariate.width }
      first += covariate.width
    }
    return nil
  }

  /// What x is conditioned on, as in `p(x | label, its total)`; nil where it is on nothing.
  public var words: String? {
    let names = covariates.map(\.name) + (hasTotal ? ["its total"] : [])
    return names.isEmpty ? nil : names.joined(separator: ", ")
  }
}

extension ModelDescription {
  /// What is known of an example besides x.
  public var covariateLayout: CovariateLayout {
    CovariateLayout(covariates, hasTotal: decoders.first?.exposure == .total)
  }

  /// What the model's numbers are of: `p(x)`, `p(x | label)`, `p(x | its total)`.
  public var modelledDensity: String { covariateLayout.words.map { "p(x | \($0))" } ?? "p(x)" }
}
