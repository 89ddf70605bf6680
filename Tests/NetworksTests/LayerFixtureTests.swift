import Models
import Testing

@testable import Networks

@Suite("Layers against PyTorch and Keras")
struct LayerFixtureTests {
  @Test("Every case of the file is understood")
  func complete() { #expect(LayerFixture.all.count == 176 + 57) }

  @Test("Output", arguments: LayerFixture.all)
  func output(_ fixture: LayerFixture) throws {
    for instructions in InstructionSet.available {
      // The case in the second lane, other numbers in the first.
      let other = fixture.input.values.map { -2 * $0 }
      let (shape, outputs) = try run(
        Stack([fixture.layer]), on: [other, fixture.input.values], shape: fixture.input.shape, format: fixture.format,
        instructions)
      #expect(shape == fixture.output.shape)
      expectClose(outputs[1], fixture.output.values, 1e-5, "\(instructions)")
    }
  }
}
