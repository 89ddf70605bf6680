import Models
import Networks

/// p(x | z): its heads, and values that it takes.
struct Likelihood: Sendable {
  let distribution: Distribution
  let heads: [ParameterName]
  /// Classes, or components of a mixture.
  var components = 1
  /// A value of an element, made of a uniform number.
  let value: @Sendable (Float) -> Float

  var name: String { components == 1 ? distribution.rawValue : "\(distribution.rawValue) of \(components)" }

  static let bernoulli = Likelihood(distribution: .bernoulli, heads: [.logits]) { $0 < 0.5 ? 0 : 1 }

  static let all = [
    bernoulli,
    Likelihood(distribution: .continuousBernoulli, heads: [.logits]) { $0 },
    Likelihood(distribution: .normal, heads: [.mean, .logScale]) { $0 },
    Likelihood(distribution: .laplace, heads: [.mean, .logScale]) { $0 },
    Likelihood(distribution: .categorical, heads: [.logits], components: 4) { ($0 * 4).rounded(.down) },
    Likelihood(distribution: .discretizedLogistic, heads: [.mean, .logScale], value: byte),
    Likelihood(distribution: .logisticMixture, heads: [.logits, .mean, .logScale], components: 5, value: byte),
    Likelihood(distribution: .beta, heads: [.logAlpha, .logBeta]) { 0.01 + 0.98 * $0 },
    Likelihood(distribution: .poisson, heads: [.logRate], value: count),
    Likelihood(distribution: .negativeBinomial, heads: [.logMean, .logDispersion], value: count),
    Likelihood(
      distribution: .zeroInflatedNegativeBinomial, heads: [.logMean, .logDispersion, .dropoutLogits], value: count),
  ]

  @Sendable private static func byte(_ uniform: Float) -> Float { (uniform * 255).rounded() / 255 }
  @Sendable private static func count(_ uniform: Float) -> Float { (uniform * uniform * 8).rounded(.down) }
}
