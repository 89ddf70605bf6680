import Statistics
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct LogSumExpTests {
  @Test func sumsIntegers() {
    var accumulator = LogSumExp()
    for term in 1...1000 { accumulator.add(log(Double(term))) }
    #expect(agree(accumulator.value, log(500_500), to: 1e-14))
    #expect(agree(accumulator.logMean, log(500.5), to: 1e-14))
    #expect(accumulator.count == 1000)
  }

  static let edgeCases: [(terms: [Double], value: Double, logMean: Double)] = [
    ([], -Double.infinity, Double.nan),
    ([-.infinity], -.infinity, -.infinity),
    ([-.infinity, -.infinity], -.infinity, -.infinity),
    ([3], 3, 3),
    ([-1e300, 1e300], 1e300, 1e300),
    ([1e308, -1e308, 1e308], 1e308, 1e308),
    ([-1e4, -.infinity, -1e4], -1e4 + 0.6931471805599453, -1e4 - 0.4054651081081644),
    ([.infinity, 1], .infinity, .infinity),
    ([.infinity, -.infinity], .infinity, .infinity),
    ([.infinity, .infinity], .infinity, .infinity),
    ([.nan, 1], .nan, .nan),
    ([1, .nan, .infinity], .nan, .nan),
    ([-.infinity, .nan], .nan, .nan),
  ]

  @Test(arguments: edgeCases)
  func edges(_ terms: [Double], _ value: Double, _ logMean: Double) {
    for cut in 0...terms.count {
      var accumulator = LogSumExp()
      var rest = LogSumExp()
      terms[..<cut].forEach { accumulator.add($0) }
      terms[cut...].forEach { rest.add($0) }
      accumulator.merge(rest)
      #expect(agree(accumulator.value, value, to: 1e-15))
      #expect(agree(accumulator.logMean, logMean, to: 1e-15))
      #expect(accumulator.count == terms.count)
    }
  }
}
