import { evenBins } from "./Distribution";

describe("bins of a histogram", () => {
  it("are even where their edges are rounded to a hundredth of a bin", () => {
    const width = 0.5803;
    const edges = Array.from({ length: 17 }, (_, i) => Math.round((-4.6106 + i * width) * 200) / 200);
    expect(evenBins(edges)).toBe(true);
  });

  it("are uneven where one is wider", () => {
    expect(evenBins([0, 1, 2, 3.2])).toBe(false);
  });
});
