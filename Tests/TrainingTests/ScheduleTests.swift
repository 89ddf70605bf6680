import Foundation
import Testing

@testable import Training

@Suite struct ScheduleTests {
  @Test("The paper's schedule: 3ⁱ epochs at 10^(−i/7)")
  func paper() {
    #expect((0..<8).map { LearningSchedule.epochs(throughStage: $0) } == [1, 4, 13, 40, 121, 364, 1093, 3280])
    #expect(
      [0, 1, 3, 4, 120, 121, 3279, 5000].map { LearningSchedule.stage(ofEpoch: $0) } == [0, 1, 1, 2, 4, 5, 7, 7])
    for stage in 0..<8 {
      let epoch = LearningSchedule.epochs(throughStage: stage) - 1
      #expect(abs(LearningSchedule.paper.factor(epoch: epoch) - pow(10, -Double(stage) / 7)) < 1e-15)
      #expect(LearningSchedule.constant.factor(epoch: epoch) == 1)
    }
  }

  @Test("An order holds every number once, and differs from epoch to epoch", arguments: [1, 2, 3, 17, 256, 1000])
  func permutation(count: Int) {
    let orders = (0..<3).map { epoch in
      let permutation = Permutation(count: count, seed: 5, epoch: epoch)
      return (0..<count).map { permutation[$0] }
    }
    for order in orders { #expect(order.sorted() == Array(0..<count)) }
    if count > 16 { #expect(Set(orders).count == 3) }
  }

  /// Of 200 orders of 10 numbers, each number stands at each place some 20 times; the standard deviation is 4.2.
  @Test("Every number comes to every place")
  func places() {
    var counts = [[Int]](repeating: [Int](repeating: 0, count: 10), count: 10)
    for epoch in 0..<200 {
      let permutation = Permutation(count: 10, seed: 1, epoch: epoch)
      for place in 0..<10 { counts[place][permutation[place]] += 1 }
    }
    #expect(counts.joined().allSatisfy { (3..<42).contains($0) })
  }

  @Test("Blocks and sums depend on the batch and the draws alone")
  func layouts() {
    #expect([1, 5, 50].map { StepLayout(batch: 20, draws: $0).blockExamples } == [10, 10, 5])
    #expect(StepLayout(batch: 1, draws: 50).parts == 1)
    #expect(StepLayout(batch: 1000, draws: 50).parts == 8)
  }
}
