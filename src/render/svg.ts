export const svgChart = (_: object): string => ''
