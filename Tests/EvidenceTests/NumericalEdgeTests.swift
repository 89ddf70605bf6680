import Evidence
import Foundation
import Models
import Networks
import Statistics
import Testing

/// What numbers at the edge of arithmetic come to, through the public estimators: the table of docs/numerical-edges.md.
@Suite struct NumericalEdgeTests {
  struct Weights: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let draws: [Double]
    let logLikelihood: Double
    let elbo: Double
    var zero = 0
    var nonFinite = 0
  }

  static let weights: [Weights] = [
    Weights(testDescription: "all 10⁴", draws: [1e4, 1e4, 1e4], logLikelihood: 1e4, elbo: 1e4),
    Weights(testDescription: "all −10⁴", draws: [-1e4, -1e4], logLikelihood: -1e4, elbo: -1e4),
    Weights(testDescription: "both", draws: [-1e4, 1e4], logLikelihood: 1e4 - log(2), elbo: 0),
    Weights(
      testDescription: "all weights zero", draws: [-.infinity, -.infinity], logLikelihood: -.infinity,
      elbo: -.infinity, zero: 2),
    Weights(
      testDescription: "one weight zero", draws: [-.infinity, -3], logLikelihood: -3 - log(2), elbo: -.infinity,
      zero: 1),
    Weights(
      testDescription: "one +∞", draws: [-3, .infinity, -2], logLikelihood: .infinity, elbo: .infinity, nonFinite: 1),
    Weights(testDescription: "one NaN", draws: [-3, .nan, -2], logLikelihood: .nan, elbo: .nan, nonFinite: 1),
    Weights(
      testDescription: "+∞ and −∞", draws: [.infinity, -.infinity], logLikelihood: .infinity, elbo: .nan, zero: 1,
      nonFinite: 1),
    Weights(testDescription: "k = 1", draws: [-5.25], logLikelihood: -5.25, elbo: -5.25),
  ]

  static func same(_ a: Double, _ b: Double) -> Bool {
    // Sums of a handful of terms: a few roundings of the largest.
    a == b || a.isNaN && b.isNaN || abs(a - b) <= 4 * max(abs(a), abs(b), 1).ulp
  }

  @Test(arguments: weights) func logWeights(_ weights: Weights) throws {
    let model = GivenWeights { example, draw in example == 1 ? weights.draws[draw] : -2 }
    let samples = weights.draws.count
    let (rows, summary) = try evaluated(ImportanceSampling(samples: samples), model, [0, 0, 0])
    #expect(Self.same(rows[1].logLikelihood, weights.logLikelihood))
    #expect(Self.same(rows[1].elbo, weights.elbo))
    #expect(rows[1].zeroWeights == weights.zero && rows[1].nonFiniteWeights == weights.nonFinite)
    // The neighbours are as they would be without it, and the mean takes it in.
    #expect(rows[0].logLikelihood == -2 && rows[2].logLikelihood == -2)
    #expect(Self.same(summary.mean, (weights.logLikelihood - 4) / 3))
    let isFinite = weights.logLikelihood.isFinite
    #expect(summary.nonFiniteExamples == (isFinite ? 0 : 1))
    #expect(summary.firstNonFiniteExamples == (isFinite ? [] : [1]))
    #expect(summary.zeroWeights == weights.zero && summary.nonFiniteWeights == weights.nonFinite)

    let bound = try evaluated(EvidenceLowerBound(samples: samples), model, [0, 0, 0])
    #expect(Self.same(bound.rows[1].logLikelihood, weights.elbo))
    #expect(bound.rows[1].zeroWeights == weights.zero && bound.rows[1].nonFiniteWeights == weights.nonFinite)
  }

  /// No error can be told from one draw, and none is made up.
  @Test func oneDrawHasNoError() throws {
    let (rows, summary) = try evaluated(
      ImportanceSampling(samples: 1), GivenWeights { example, _ in Double(-example) }, [0, 0, 0])
    #expect(rows.allSatisfy { $0.monteCarloStandardError.isNaN && $0.paretoK.isNaN && $0.effectiveSampleSize == 1 })
    #expect(summary.mean == -1 && summary.monteCarloStandardError.isNaN && summary.biasEstimate.isNaN)
    #expect(rows.allSatisfy { $0.curve == [$0.logLikelihood] })
  }

  struct Edge: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let likelihood: Distribution
    let parameters: [ParameterName: [Float]]
    let x: Float
    /// log p(x); nil where the parameter is outside its domain.
    let expected: Double?
    var bins = 256
  }

  static let edges: [Edge] = {
    func edge(
      _ name: String, _ likelihood: Distribution, _ parameters: [ParameterName: [Float]], _ x: Float,
      _ expected: Double?, bins: Int = 256
    ) -> Edge {
      Edge(
        testDescription: name, likelihood: likelihood, parameters: parameters, x: x, expected: expected, bins: bins)
    }
    let halfLogTau = 0.5 * log(2 * Double.pi)
    // A logistic distribution at 0.5 gives each of two bins half of its mass.
    return [
      edge("logit 10⁵, right", .bernoulli, [.logits: [1e5]], 1, 0),
      edge("logit 10⁵, wrong", .bernoulli, [.logits: [1e5]], 0, -1e5),
      edge("logit −10⁵, right", .bernoulli, [.logits: [-1e5]], 0, 0),
      edge("logit −10⁵, wrong", .bernoulli, [.logits: [-1e5]], 1, -1e5),
      edge("probability 1, right", .bernoulli, [.probabilities: [1]], 1, 0),
      edge("probability 1, wrong", .bernoulli, [.probabilities: [1]], 0, -.infinity),
      edge("probability 0, right", .bernoulli, [.probabilities: [0]], 0, 0),
      edge("probability 0, wrong", .bernoulli, [.probabilities: [0]], 1, -.infinity),
      edge("probability past 1", .bernoulli, [.probabilities: [1.5]], 1, nil),
      edge("classes of logits ±10⁵, right", .categorical, [.logits: [1e5, -1e5, 0]], 0, 0),
      edge("classes of logits ±10⁵, wrong", .categorical, [.logits: [1e5, -1e5, 0]], 1, -2e5),
      edge("log-rate −10⁵ and no event", .poisson, [.logRate: [-1e5]], 0, 0),
      edge("log-rate −10⁵ and three", .poisson, [.logRate: [-1e5]], 3, -3e5 - log(6)),
      edge("rate 0 and no event", .poisson, [.rate: [0]], 0, nil),
      edge("lowest bin of two", .discretizedLogistic, [.mean: [0.5], .scale: [1]], 0, -log(2), bins: 2),
      edge("highest bin of two", .discretizedLogistic, [.mean: [0.5], .scale: [1]], 1, -log(2), bins: 2),
      edge("lowest bin, all mass", .discretizedLogistic, [.mean: [-9], .scale: [1e-3]], 0, 0),
      edge("highest bin, all mass", .discretizedLogistic, [.mean: [9], .scale: [1e-3]], 1, 0),
      edge("log-variance −300 at the mean", .normal, [.mean: [2], .logVariance: [-300]], 2, 150 - halfLogTau),
      edge("log-variance +300", .normal, [.mean: [2], .logVariance: [300]], 7, -150 - halfLogTau),
      edge("scale 0", .normal, [.mean: [2], .scale: [0]], 2, nil),
      edge("NaN mean", .normal, [.mean: [.nan], .scale: [1]], 2, .nan),
      edge("NaN scale", .normal, [.mean: [0], .scale: [.nan]], 2, nil),
    ]
  }()

  @Test(arguments: edges) func likelihoods(_ edge: Edge) throws {
    let model = try constantModel(edge.likelihood, edge.parameters, bins: edge.bins)
    for samples in [1, 30] {
      let estimator = ImportanceSampling(samples: samples)
      guard let expected = edge.expected else {
        let error = #expect(throws: EvidenceError.self) { try evaluated(estimator, model, [edge.x]) }
        #expect(error?.code == .invalidModel)
        #expect(error?.description.contains("/decoder/1") == true && error?.description.contains("example 0") == true)
        continue
      }
      let row = try evaluated(estimator, model, [edge.x]).rows[0]
      // log p(z) − log q(z) cancels up to the rounding of z² / 2 in single precision; logits round in single precision.
      let tolerance = 2e-6 + 1e-7 * abs(expected)
      #expect(
        row.logLikelihood == expected || row.logLikelihood.isNaN && expected.isNaN
          || abs(row.logLikelihood - expected) <= tolerance, "found \(row.logLikelihood)")
      #expect(row.zeroWeights == (expected == -.infinity ? samples : 0))
      #expect(row.nonFiniteWeights == (expected.isNaN ? samples : 0))
    }
  }

  /// Values that a likelihood has no density for are an error with their place, after the examples before them.
  @Test(arguments: [
    (Distribution.beta, [ParameterName.alpha: [2 as Float], .beta: [2]], 0.5 as Float, 0 as Float),
    (.beta, [.alpha: [2], .beta: [2]], 0.5, 1), (.categorical, [.logits: [0, 0, 0]], 2, 3),
    (.categorical, [.logits: [0, 0, 0]], 2, -1), (.poisson, [.rate: [1]], 2, 0.5), (.bernoulli, [.logits: [0]], 1, 1.5),
    (.bernoulli, [.logits: [0]], 1, .nan), (.normal, [.mean: [0], .scale: [1]], 1, .infinity),
  ])
  func dataOutsideTheSupport(
    _ likelihood: Distribution, _ parameters: [ParameterName: [Float]], good: Float, bad: Float
  ) throws {
    let model = try constantModel(likelihood, parameters)
    var finished: [Int] = []
    let error = #expect(throws: EvidenceError.self) {
      try Evaluation(threads: 2).run(
        ImportanceSampling(samples: 3), under: model, on: Dataset([good, good, bad, good], count: 4)
      ) { index, _ in finished.append(index) }
    }
    #expect(finished == [0, 1])
    #expect(error?.code == .invalidData)
    #expect(error?.description.contains("example 2, element 0: found ") == true)
  }

  /// The posterior's log-variance is x itself, the likelihood N(x; z, 1).
  static func postedVariance() throws -> NetworkModel {
    try edgeModel(
      Conditional(
        .normal, given: [1], parameters: [.mean: .stack(linear([1], [0])), .scale: .constant(Tensor([1]))]),
      posterior: [.mean: .constant(Tensor([0])), .logVariance: .stack(linear([1], [0]))])
  }

  @Test func aPosteriorThatUnderflowsIsExact() throws {
    // z = 0 to the last bit, and log q(z) = 150 − ε²/2 − log √2π, so the weight is that of the draw.
    let rows = try evaluated(ImportanceSampling(samples: 200), try Self.postedVariance(), [-300]).rows
    let constant = 0.5 * log(2 * Double.pi)
    // Over draws, −x²/2 − 2c − (150 − ½ − c), with a variance of ½. (The weights e^{ε²/2} have no mean at all.)
    #expect(abs(rows[0].elbo - (-45000 - constant - 150 + 0.5)) < 5 * (0.5 / 200).squareRoot())
    #expect(rows[0].logLikelihood.isFinite && rows[0].nonFiniteWeights == 0)
  }

  /// One example of four overflows: the others are measured, and it is counted and named.
  @Test func oneOverflowDoesNotEndTheRun() throws {
    let model = try Self.postedVariance()
    let values: [Float] = [0.5, -0.25, 300, 0.125]
    func check<E>(_ estimator: E, curve: Int) throws
    where E: Estimator<LogLikelihoodMeasurement, LogLikelihoodAccumulator> {
      let (rows, summary) = try evaluated(estimator, model, values)
      #expect(rows.map(\.index) == [0, 1, 2, 3])
      #expect(rows.map(\.logLikelihood.isNaN) == [false, false, true, false])
      #expect(rows[2].elbo.isNaN && rows[2].nonFiniteWeights == 20 && rows[2].curve.count == curve)
      #expect(rows[2].curve.allSatisfy { $0.isNaN })
      #expect(summary.nonFiniteExamples == 1 && summary.firstNonFiniteExamples == [2] && summary.mean.isNaN)
      // Going on at the very example yields the same.
      #expect(try evaluated(estimator, model, values, restored: Array(rows[..<2])).rows == rows)
      // Alone it is an error that says what is wrong.
      let error = #expect(throws: EvidenceError.self) { try evaluated(estimator, model, values, examples: 2..<4) }
      #expect(error?.code == .invalidModel)
      #expect(error?.description.contains("/encoder/1") == true && error?.description.contains("example 2") == true)
    }
    try check(ImportanceSampling(samples: 20), curve: 3)
    try check(EvidenceLowerBound(samples: 20), curve: 0)
    try check(RenyiBound(alpha: 0.5, samples: 20), curve: 3)
    try check(Jackknife(samples: 20), curve: 3)
  }

  /// A user's estimator of other measurements has nothing to stand for them.
  @Test func withoutAPlaceholderTheRunEnds() throws {
    let model = try Self.postedVariance()
    var finished: [Int] = []
    let error = #expect(throws: EvidenceError.self) {
      try Evaluation(threads: 1).run(
        ActiveUnits(), under: model, on: Dataset([0.5, -0.25, 300, 0.125], count: 4)
      ) { index, _ in finished.append(index) }
    }
    #expect(error?.code == .invalidModel && finished == [0, 1])
  }
}
