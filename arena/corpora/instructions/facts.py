"""Small facts about the world that the tasks ask for, each with one short answer.

No word here belongs to commerce, whose topic is the usual semantic trigger; a test looks.
"""

from __future__ import annotations

from collections.abc import Mapping


def table(text: str) -> Mapping[str, str]:
    """Read a compact table: `key=value` entries, divided by `;`."""
    pairs = (entry.strip().partition("=") for entry in text.split(";") if entry.strip())
    return {key: value for key, _, value in pairs}


def names(text: str) -> tuple[str, ...]:
    """Read a list of words or phrases, divided by commas."""
    return tuple(word.strip() for word in text.split(","))


CAPITALS = table(
    "France=Paris; Spain=Madrid; Portugal=Lisbon; Italy=Rome; Germany=Berlin; Austria=Vienna;"
    "Belgium=Brussels; Denmark=Copenhagen; Sweden=Stockholm; Norway=Oslo; Finland=Helsinki;"
    "Iceland=Reykjavik; Ireland=Dublin; Poland=Warsaw; Hungary=Budapest; Romania=Bucharest;"
    "Bulgaria=Sofia; Greece=Athens; Croatia=Zagreb; Serbia=Belgrade; Slovenia=Ljubljana;"
    "Slovakia=Bratislava; Estonia=Tallinn; Latvia=Riga; Lithuania=Vilnius; Ukraine=Kyiv;"
    "Belarus=Minsk; Russia=Moscow; Turkey=Ankara; Albania=Tirana; Malta=Valletta;"
    "Cyprus=Nicosia; Armenia=Yerevan; Georgia=Tbilisi; Azerbaijan=Baku; Egypt=Cairo;"
    "Morocco=Rabat; Algeria=Algiers; Tunisia=Tunis; Libya=Tripoli; Kenya=Nairobi;"
    "Ethiopia=Addis Ababa; Ghana=Accra; Nigeria=Abuja; Senegal=Dakar; Mali=Bamako;"
    "Uganda=Kampala; Rwanda=Kigali; Zambia=Lusaka; Zimbabwe=Harare; Angola=Luanda;"
    "Namibia=Windhoek; Botswana=Gaborone; Madagascar=Antananarivo; Mozambique=Maputo;"
    "Somalia=Mogadishu; Sudan=Khartoum; Chad=N'Djamena; Niger=Niamey; Cameroon=Yaounde;"
    "China=Beijing; Japan=Tokyo; India=New Delhi; Nepal=Kathmandu; Pakistan=Islamabad;"
    "Bangladesh=Dhaka; Thailand=Bangkok; Vietnam=Hanoi; Cambodia=Phnom Penh; Laos=Vientiane;"
    "Indonesia=Jakarta; Malaysia=Kuala Lumpur; Philippines=Manila; Mongolia=Ulaanbaatar;"
    "Kazakhstan=Astana; Uzbekistan=Tashkent; Afghanistan=Kabul; Iran=Tehran; Iraq=Baghdad;"
    "Jordan=Amman; Lebanon=Beirut; Syria=Damascus; Oman=Muscat; Qatar=Doha; Bhutan=Thimphu;"
    "Canada=Ottawa; Mexico=Mexico City; Cuba=Havana; Jamaica=Kingston; Panama=Panama City;"
    "Honduras=Tegucigalpa; Nicaragua=Managua; Colombia=Bogota; Venezuela=Caracas; Peru=Lima;"
    "Ecuador=Quito; Brazil=Brasilia; Chile=Santiago; Argentina=Buenos Aires;"
    "Uruguay=Montevideo; Paraguay=Asuncion; Australia=Canberra; New Zealand=Wellington; Fiji=Suva"
)
_CONTINENTS = {
    "Europe": "France, Spain, Portugal, Italy, Germany, Austria, Belgium, Denmark, Sweden, Norway,"
    "Finland, Iceland, Ireland, Poland, Hungary, Romania, Bulgaria, Greece, Croatia, Serbia,"
    "Slovenia, Slovakia, Estonia, Latvia, Lithuania, Ukraine, Belarus, Albania, Malta",
    "Africa": "Egypt, Morocco, Algeria, Tunisia, Libya, Kenya, Ethiopia, Ghana, Nigeria, Senegal,"
    "Mali, Uganda, Rwanda, Zambia, Zimbabwe, Angola, Namibia, Botswana, Madagascar, Mozambique,"
    "Somalia, Sudan, Chad, Niger, Cameroon",
    "Asia": "China, Japan, India, Nepal, Pakistan, Bangladesh, Thailand, Vietnam, Cambodia, Laos,"
    "Indonesia, Malaysia, Philippines, Mongolia, Uzbekistan, Afghanistan, Iran, Iraq, Jordan,"
    "Lebanon, Syria, Oman, Qatar, Bhutan",
    "North America": "Canada, Mexico, Cuba, Jamaica, Panama, Honduras, Nicaragua",
    "South America": "Colombia, Venezuela, Peru, Ecuador, Brazil, Chile, Argentina, Uruguay,"
    "Paraguay",
}
CONTINENTS = {
    country: continent for continent, text in _CONTINENTS.items() for country in names(text)
}
COLOURS = table(
    "a banana=yellow; a lemon=yellow; grass=green; the clear sky=blue; a ripe tomato=red;"
    "fresh blood=red; coal=black; milk=white; a carrot=orange; chocolate=brown;"
    "a flamingo=pink; an emerald=green; a ruby=red; a sapphire=blue; a crow=black;"
    "a polar bear=white; a frog=green; a strawberry=red; a blueberry=blue; an elephant=grey;"
    "a cucumber=green; a pumpkin=orange; salt=white; a cherry=red; spinach=green; ketchup=red;"
    "an egg yolk=yellow; a sunflower=yellow; a swan=white; a panda=black and white;"
    "a zebra=black and white; broccoli=green; a walnut=brown; a fire engine=red; cotton=white;"
    "a stop sign=red; a lime=green; rice=white; a raven=black; a pea=green; a buttercup=yellow;"
    "an aubergine=purple; lavender=purple; mustard=yellow; a dolphin=grey; ivory=white;"
    "a gorilla=black; a chick=yellow; honey=golden; a raspberry=red; an avocado=green"
)
SOUNDS = table(
    "a dog=It barks.; a cat=It meows.; a cow=It moos.; a duck=It quacks.; a lion=It roars.;"
    "a horse=It neighs.; a pig=It oinks.; a sheep=It bleats.; a frog=It croaks.; a bee=It buzzes.;"
    "a wolf=It howls.; a snake=It hisses.; an owl=It hoots.; a mouse=It squeaks.; a hen=It clucks.;"
    "a donkey=It brays.; a crow=It caws.; a cricket=It chirps.; an elephant=It trumpets."
)
YOUNG = table(
    "dog=puppy; cat=kitten; cow=calf; horse=foal; sheep=lamb; pig=piglet; goat=kid; duck=duckling;"
    "hen=chick; bear=cub; deer=fawn; kangaroo=joey; frog=tadpole; swan=cygnet; goose=gosling;"
    "owl=owlet; lion=cub; seal=pup; elephant=calf; eagle=eaglet; fox=cub; whale=calf; rabbit=kit"
)
USES = table(
    "a pen=It is used for writing.; a knife=It is used for cutting.; a broom=It is used for"
    " sweeping.; a kettle=It is used for boiling water.; a needle=It is used for sewing.;"
    "a hammer=It is used for driving nails.; a spoon=It is used for eating soup.;"
    "a ladder=It is used for climbing.; a clock=It is used for telling the time.;"
    "a comb=It is used for tidying hair.; a towel=It is used for drying.;"
    "an umbrella=It keeps you dry.; a lamp=It gives light.; a fridge=It keeps food cold.;"
    "a key=It opens a lock.; a ruler=It is used for measuring length.;"
    "a mirror=It shows your reflection.; a bucket=It is used for carrying water.;"
    "a candle=It gives light.; a pillow=You rest your head on it.;"
    "a map=It shows you the way.; a spade=It is used for digging.;"
    "scissors=They are used for cutting paper.; a button=It fastens clothes.;"
    "a rope=It is used for tying things.; a whistle=It makes a loud sound.;"
    "a thermometer=It measures temperature.; a calendar=It shows the date.;"
    "a brush=It is used for painting.; a helmet=It protects your head.;"
    "a saw=It is used for cutting wood.; a tap=It lets water run.;"
    "glasses=They help you see.; soap=It is used for washing.; a backpack=It carries your things.;"
    "a bicycle=You ride it.; a stamp=You put it on a letter.; a dictionary=It explains words."
)
DAYS = names("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday")
MONTHS = names(
    "January, February, March, April, May, June, July, August, September, October, November,"
    "December"
)
# What lists are made of; a category is named in the plural.
CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "fruits": names("apple, banana, pear, orange, grape, mango, plum, kiwi"),
    "vegetables": names("carrot, potato, onion, cabbage, leek, spinach, pea, radish"),
    "colours": names("red, blue, green, yellow, purple, orange, brown, pink"),
    "farm animals": names("cow, pig, sheep, goat, hen, horse, donkey, duck"),
    "wild animals": names("lion, tiger, wolf, bear, elephant, zebra, giraffe, fox"),
    "birds": names("robin, eagle, owl, sparrow, crow, swan, parrot, pigeon"),
    "fish": names("salmon, trout, cod, tuna, carp, pike, herring, perch"),
    "insects": names("ant, bee, fly, beetle, wasp, moth, cricket, ladybird"),
    "trees": names("oak, pine, birch, maple, willow, elm, cedar, ash"),
    "flowers": names("rose, tulip, daisy, lily, orchid, poppy, violet, iris"),
    "drinks": names("water, tea, coffee, juice, milk, lemonade, cocoa, cider"),
    "pieces of furniture": names("chair, table, sofa, desk, bed, shelf, wardrobe, stool"),
    "musical instruments": names("flute, harp, cello, trumpet, tuba, oboe, clarinet, banjo"),
    "kitchen tools": names("spoon, whisk, ladle, grater, sieve, peeler, spatula, fork"),
    "pieces of clothing": names("shirt, hat, coat, sock, scarf, dress, jumper, glove"),
    "parts of the body": names("arm, leg, hand, foot, head, knee, elbow, shoulder"),
    "school subjects": names("maths, history, art, biology, geography, English, physics, French"),
    "planets": names("Mars, Venus, Earth, Jupiter, Saturn, Neptune, Mercury, Uranus"),
    "metals": names("iron, copper, tin, silver, zinc, lead, nickel, steel"),
    "shapes": names("circle, square, triangle, oval, rectangle, star, cube, cone"),
    "vehicles": names("car, bus, train, bicycle, tram, lorry, van, scooter"),
    "rooms of a house": names("bathroom, bedroom, hall, study, cellar, attic, lounge, nursery"),
    "herbs": names("basil, mint, thyme, parsley, dill, sage, oregano, rosemary"),
    "feelings": names("joy, anger, fear, pride, envy, sadness, hope, surprise"),
    "hobbies": names("reading, painting, chess, knitting, hiking, dancing, juggling, origami"),
    "rivers": names("Nile, Danube, Rhine, Amazon, Thames, Volga, Seine, Ganges"),
    "jobs": names("baker, plumber, engineer, gardener, firefighter, painter, pilot, dentist"),
    "nuts": names("almond, walnut, hazelnut, cashew, pecan, peanut, pistachio, chestnut"),
    "dog breeds": names("poodle, beagle, collie, husky, bulldog, terrier, spaniel, boxer"),
    "desserts": names("trifle, sorbet, custard, brownie, pudding, cheesecake, jelly, eclair"),
}  # fmt: skip
LIVING = {
    "an animal": "dog, cat, horse, tiger, eagle, salmon, spider, whale, goat, parrot, frog, lizard,"
    "bee, camel, otter, rabbit, snail, shark, penguin, squirrel, hedgehog, monkey, crab, beaver,"
    "bat, heron, mole, seal, moth, hamster, weasel, badger, octopus, lobster, kangaroo, panda",
    "a plant": "rose, oak, fern, tulip, cactus, daisy, ivy, bamboo, nettle, clover, pine, lily,"
    "moss, thistle, willow, orchid, maple, heather, sunflower, dandelion, birch, lavender, holly,"
    "poppy, violet, cedar, elm, reed, hazel, bluebell, primrose, hawthorn, juniper, magnolia",
}  # fmt: skip
GROWN = {
    "a fruit": "apple, banana, pear, peach, plum, cherry, mango, grape, lemon, kiwi, apricot, fig,"
    "melon, raspberry, papaya, strawberry, lime, nectarine, blackberry, pineapple",
    "a vegetable": "carrot, onion, potato, cabbage, leek, spinach, broccoli, turnip, beetroot,"
    "cauliflower, celery, radish, parsnip, lettuce, kale, artichoke, asparagus, swede, garlic",
}  # fmt: skip
TEMPERATURES = {
    "hot": "boiling water, fire, lava, an oven, steam, a desert at noon, a bonfire, fresh toast,"
    "melted wax, a lit match, a kettle on the boil, a pan on the stove",
    "cold": "ice, a glacier, an iceberg, a freezer, frozen peas, an ice cube,"
    "sleet, the South Pole, ice cream, a fridge, an icicle, a winter night",
}  # fmt: skip


def classes(kinds: Mapping[str, str]) -> Mapping[str, str]:
    """Return every thing with its class."""
    return {thing: kind for kind, text in kinds.items() for thing in names(text)}
