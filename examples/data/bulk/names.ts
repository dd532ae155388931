/** The words that the bulk seed composes names from: plain arrays, so that they travel as parameters. */

/** Given names of the three languages, as many of each. No capital has an accent: not every database lowers those. */
const firstnames = {
  EN:
    'Alice Amir Arthur Beatrice Carter Daisy Dylan Eleanor Ethan Fiona George Hazel Isaac Ivy Jack Jasmine ' +
    'Keira Leo Lucy Mason Molly Nathan Nora Oscar Poppy Reuben Rosie Sean Tessa Victor Willow Zain',
  DE:
    'Anke Bernd Carla Dennis Dörte Emil Frieda Georg Greta Heiko Ida Jan Jörg Jule Karl Katja Lars Lotte Malte ' +
    'Marlene Moritz Nele Nils Paula Pia Ralf Rieke Sönke Tilda Uwe Wiebke Yannick',
  FR:
    'Adèle Alain Aurélie Benoît Capucine Cédric Chloé Denis Delphine Fabien Florence Gaël Gaëlle Hélène Jérôme ' +
    'Joël Juliette Karim Laure Lucie Mathis Mélanie Nadia Nicolas Océane Pascal Pauline Quentin Rémi Sabine Thibault Yves',
}

const familyStarts = {
  EN: 'Ash Black Brad Brook Clay Cole Dal East Fair Green Hart Hol Kings Lang Mill Nor Oak Pen Rad Stan Thorn Wal West Whit',
  DE:
    'Adler Berg Birken Buchen Eber Eichen Falken Fels Grün Hage Hirsch Kalten Kirch Linden Mühl Neu Ober Rosen ' +
    'Schön Stein Tannen Wald Wein Winter',
  FR: 'Beau Belle Bonne Bour Cha Clair Cour Dau Fon Haute Long Mar Mire Mon Neuf Pui Roche Sain Ter Val Vau Verne Ville Vire',
}

const familyEnds = {
  EN: 'bourne bridge bury by croft den field ford ham land ley man son ton well worth',
  DE: 'auer bach bauer beck berger brink dorf feld haus heim hofer hoff mann müller reuter thal',
  FR: 'blanc bois champ clos court dieu fort grand lieu mont ville roux sac tier val vert',
}

const languages = ['EN', 'DE', 'FR'] as const

/** The languages in the order of the arrays below. */
export const nameLanguages: readonly string[] = languages

/** Given names, language after language, `firstnamesPerLanguage` of each. */
export const bulkFirstnames: readonly string[] = languages.flatMap((language) => firstnames[language].split(' '))

/** Family names, language after language, `lastnamesPerLanguage` of each. */
export const bulkLastnames: readonly string[] = languages.flatMap((language) =>
  familyStarts[language].split(' ').flatMap((start) => familyEnds[language].split(' ').map((end) => start + end)),
)

export const firstnamesPerLanguage = bulkFirstnames.length / languages.length
export const lastnamesPerLanguage = bulkLastnames.length / languages.length
