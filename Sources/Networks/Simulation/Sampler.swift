import CKernels
import Models

/// Draws the elements of a variable from its distribution, one after the other, in double precision.
struct Sampler {
  let distribution: Distribution
  let density: ck_density
  let components: Int
  let bins: Int
  /// As densities take them; the first lane counts.
  let parameters: [ck_operand]

  /// Draws `count` elements.
  ///
  /// - Throws: `InvalidParameter` with the path where a parameter is outside its domain.
  func draw(
    count: Int, _ numbers: SimulatedNumbers, into target: UnsafeMutablePointer<Float>, path: String
  ) throws(InvalidParameter) {
    for element in 0..<count {
      guard let value = draw(element, of: count, numbers), value.isFinite else {
        throw InvalidParameter(
          path: path,
          message: "the network gives element \(element) parameters outside the domain of \(distribution.rawValue)")
      }
      target[element] = Float(value)
    }
  }

  /// A location.
  private func location(_ slot: Int, _ row: Int) -> Double { parameters[slot].value(row, 0) }

  /// A positive quantity; nil outside its domain.
  private func positive(_ slot: Int, _ row: Int) -> Double? {
    let stored = location(slot, row)
    let value =
      switch parameters[slot].form {
      case CK_LOG: stored.exponential
      case CK_LOG_SQUARE: (stored / 2).exponential
      case CK_SQUARE: stored.squareRoot()
      default: stored
      }
    return value > 0 && value.isFinite ? value : nil
  }

  private func draw(_ element: Int, of count: Int, _ numbers: SimulatedNumbers) -> Double? {
    switch distribution {
    case .normal: return positive(1, element).map { location(0, element) + $0 * numbers.normal(element) }
    case .laplace: return positive(1, element).map { location(0, element) + $0 * laplace(numbers.uniform(element)) }
    case .fullNormal:
      guard location(1, element * count + element) > 0 else { return nil }
      return (0...element).reduce(location(0, element)) {
        $0 + location(1, element * count + $1) * numbers.normal($1)
      }
    case .bernoulli, .continuousBernoulli:
      guard let logit = logit(element) else { return nil }
      let uniform = numbers.uniform(element)
      return distribution == .bernoulli
        ? (uniform < 1 / (1 + (-logit).exponential) ? 1 : 0) : continuousBernoulli(logit, uniform)
    case .categorical:
      return Double(numbers.choice(element: element, logWeights: logits(element)))
    case .discretizedLogistic: return bin(element, numbers.uniform(element))
    case .logisticMixture:
      let component = numbers.choice(element: element, 1, logWeights: logits(element))
      return bin(element * components + component, numbers.uniform(element), slot: 1)
    case .beta:
      guard let alpha = positive(0, element), let beta = positive(1, element) else { return nil }
      var source = ElementNumbers(numbers, element)
      let difference = source.logGamma(shape: beta) - source.logGamma(shape: alpha)
      // The distribution has no mass at the ends, but floats do.
      return min(max(1 / (1 + difference.exponential), Double(Float.leastNormalMagnitude)), Double(1 - Float.ulpOfOne))
    case .poisson:
      guard let rate = positive(0, element) else { return nil }
      var source = ElementNumbers(numbers, element)
      return source.poisson(rate: rate)
    case .negativeBinomial, .zeroInflatedNegativeBinomial:
      guard let mean = positive(0, element), let dispersion = positive(1, element) else { return nil }
      var source = ElementNumbers(numbers, element)
      if distribution == .zeroInflatedNegativeBinomial {
        let isDropped = source.uniform() < 1 / (1 + (-location(2, element)).exponential)
        if isDropped { return 0 }
      }
      let rate = (source.logGamma(shape: dispersion) + (mean / dispersion).logarithm).exponential
      return rate > 0 ? source.poisson(rate: rate) : 0
    }
  }

  private func logits(_ element: Int) -> [Double] {
    (0..<components).map { location(0, element * components + $0) }
  }

  /// The logit of a coin, however it is stored; nil for what is no probability.
  private func logit(_ element: Int) -> Double? {
    let stored = location(0, element)
    guard density == CK_BERNOULLI_PROBABILITIES || density == CK_CONTINUOUS_BERNOULLI_PROBABILITIES else {
      return stored.isNaN ? nil : stored
    }
    return stored >= 0 && stored <= 1 ? (stored / (1 - stored)).logarithm : nil
  }

  /// By the inverse of F(x) = (exp(l x) − 1) / (exp(l) − 1).
  private func continuousBernoulli(_ logit: Double, _ uniform: Double) -> Double {
    let size = logit.magnitude
    if size < 1e-4 { return uniform + logit / 2 * uniform * (1 - uniform) }
    // Mirrored where the logit is positive, so that no exponential overflows.
    let part = logit > 0 ? 1 - uniform : uniform
    let place = -(1 + part * ((-size).exponential - 1)).logarithm / size
    return min(max(logit > 0 ? 1 - place : place, 0), 1)
  }

  /// A bin of a logistic distribution; those at the ends take the tails.
  private func bin(_ row: Int, _ uniform: Double, slot: Int = 0) -> Double? {
    guard let scale = positive(slot + 1, row) else { return nil }
    let value = location(slot, row) + scale * (uniform / (1 - uniform)).logarithm
    let last = Double(bins - 1)
    return (min(max(value, 0), 1) * last).rounded() / last
  }

  private func laplace(_ uniform: Double) -> Double {
    uniform < 0.5 ? (2 * uniform).logarithm : -(2 * (1 - uniform)).logarithm
  }
}

/// The numbers of one element, taken in order.
private struct ElementNumbers {
  private let numbers: SimulatedNumbers
  private let element: Int
  private var normals = 0
  private var uniforms = 0

  init(_ numbers: SimulatedNumbers, _ element: Int) {
    self.numbers = numbers
    self.element = element
  }

  mutating func normal() -> Double {
    defer { normals += 1 }
    return numbers.normal(element, normals)
  }

  mutating func uniform() -> Double {
    defer { uniforms += 1 }
    return numbers.uniform(element, uniforms)
  }

  /// The logarithm of a gamma variate of scale 1 (Marsaglia, Tsang 2000).
  mutating func logGamma(shape: Double) -> Double {
    guard shape >= 1 else {
      let power = uniform().logarithm / shape
      return logGamma(shape: shape + 1) + power
    }
    let d = shape - 1 / 3.0
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let v = 1 + c * x
      guard v > 0 else { continue }
      let cube = v * v * v
      if uniform().logarithm < x * x / 2 + d - d * cube + d * cube.logarithm { return (d * cube).logarithm }
    }
  }

  /// A Poisson variate: below 30 by the inverse of its distribution, otherwise by transformed rejection (Hörmann 1993, PTRS).
  mutating func poisson(rate: Double) -> Double {
    guard rate >= 30 else {
      var left = uniform()
      var probability = (-rate).exponential
      var count = 0.0
      while left >= probability && count < 1000 {
        left -= probability
        count += 1
        probability *= rate / count
      }
      return count
    }
    let b = 0.931 + 2.53 * rate.squareRoot()
    let a = -0.059 + 0.02483 * b
    let inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
    let limit = 0.9277 - 3.6224 / (b - 2)
    while true {
      let u = uniform() - 0.5
      let v = uniform()
      let us = 0.5 - u.magnitude
      let count = ((2 * a / us + b) * u + rate + 0.43).rounded(.down)
      if us >= 0.07 && v <= limit { return count }
      if count < 0 || (us < 0.013 && v > us) { continue }
      let accepted = count * rate.logarithm - rate - ck_log_factorial(count)
      if (v * inverseAlpha / (a / (us * us) + b)).logarithm <= accepted { return count }
    }
  }
}
