import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A set of log-weights made by the formula of Reference/pareto_shapes.py, and ArviZ's k̂ of it.
struct WeightSet: Sendable, CustomTestStringConvertible {
  enum Kind: String, Sendable {
    case plain, ties, zeros, shifted, stretched
  }

  let kind: Kind
  let shape: Double
  let draws: Int
  let stream: Int
  let expected: Double?

  init(_ kind: Kind, shape: Double, draws: Int, stream: Int, expected: Double?) {
    self.kind = kind
    self.shape = shape
    self.draws = draws
    self.stream = stream
    self.expected = expected
  }

  var testDescription: String { "\(stream): \(kind), shape \(shape), \(draws) draws" }

  var logWeights: [Double] { (0..<draws).map(logWeight) }

  private func logWeight(_ index: Int) -> Double {
    var fraction = Stream(stream).uniform(index)
    if kind == .ties {
      let steps = Double(max(4, draws / 3))
      fraction = ((fraction * steps).rounded(.down) + 0.5) / steps
    }
    let weight = shape == 0 ? -log(fraction) : expm1(-shape * log(fraction)) / shape
    let value = log(weight)
    switch kind {
    case .plain, .ties: return value
    case .zeros: return Stream(stream + 1000).uniform(index) < 0.3 ? -.infinity : value
    case .shifted: return value + (stream % 2 == 0 ? 1e4 : -1e4)
    case .stretched: return value * 300
    }
  }
}
